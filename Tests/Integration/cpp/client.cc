// A client on gRPC's C++ library: `client ADDRESS` runs a few of gRPC's interoperability cases, says
// `ok CASE` for each and exits with 1 at the first that goes wrong.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "interop/test.grpc.pb.h"

using grpc::ClientContext;
using grpc::Status;
using grpc::StatusCode;
using namespace grpc::testing;

namespace {

const int kRequestSizes[] = {27182, 8, 1828, 45904};
const int kResponseSizes[] = {31415, 9, 2653, 58979};

std::string zeros(int count) { return std::string(count, '\0'); }

void require(bool condition, const std::string& what) {
  if (condition) return;
  std::cout << "FAILED " << what << std::endl;
  std::exit(1);
}

void require(const Status& status, StatusCode code, const std::string& where) {
  require(status.error_code() == code,
          where + ": status " + std::to_string(status.error_code()) + " " + status.error_message());
}

std::unique_ptr<ClientContext> patient() {
  auto context = std::make_unique<ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  return context;
}

void emptyUnary(TestService::Stub& service) {
  Empty response;
  require(service.EmptyCall(patient().get(), Empty(), &response), StatusCode::OK, "empty_unary");
}

void largeUnary(TestService::Stub& service) {
  SimpleRequest request;
  request.set_response_size(314159);
  request.mutable_payload()->set_body(zeros(271828));
  SimpleResponse response;
  auto context = patient();
  context->AddMetadata("x-grpc-test-echo-initial", "test_initial_metadata_value");
  context->AddMetadata("x-grpc-test-echo-trailing-bin", "\xab\xab\xab");
  require(service.UnaryCall(context.get(), request, &response), StatusCode::OK, "large_unary");
  require(response.payload().body() == zeros(314159), "large_unary: the payload");
  auto initial = context->GetServerInitialMetadata().find("x-grpc-test-echo-initial");
  require(initial != context->GetServerInitialMetadata().end() &&
              initial->second == "test_initial_metadata_value",
          "large_unary: the initial metadata");
  auto trailing = context->GetServerTrailingMetadata().find("x-grpc-test-echo-trailing-bin");
  require(trailing != context->GetServerTrailingMetadata().end() &&
              trailing->second == "\xab\xab\xab",
          "large_unary: the trailing metadata");
}

void compressedUnary(TestService::Stub& service) {
  SimpleRequest request;
  request.set_response_size(314159);
  request.mutable_payload()->set_body(zeros(271828));
  request.mutable_expect_compressed()->set_value(true);
  request.mutable_response_compressed()->set_value(true);
  SimpleResponse response;
  require(service.UnaryCall(patient().get(), request, &response), StatusCode::INVALID_ARGUMENT,
          "compressed_unary, not compressed");
  auto context = patient();
  context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
  require(service.UnaryCall(context.get(), request, &response), StatusCode::OK, "compressed_unary");
  require(response.payload().body() == zeros(314159), "compressed_unary: the payload");
}

void pingPong(TestService::Stub& service) {
  auto context = patient();
  auto stream = service.FullDuplexCall(context.get());
  for (int index = 0; index < 4; index++) {
    StreamingOutputCallRequest request;
    request.add_response_parameters()->set_size(kResponseSizes[index]);
    request.mutable_payload()->set_body(zeros(kRequestSizes[index]));
    require(stream->Write(request), "ping_pong: a write");
    StreamingOutputCallResponse response;
    require(stream->Read(&response), "ping_pong: a read");
    require(response.payload().body() == zeros(kResponseSizes[index]), "ping_pong: a payload");
  }
  require(stream->WritesDone(), "ping_pong: the end of the requests");
  StreamingOutputCallResponse response;
  require(!stream->Read(&response), "ping_pong: a response too many");
  require(stream->Finish(), StatusCode::OK, "ping_pong");
}

void cancelAfterFirstResponse(TestService::Stub& service) {
  auto context = patient();
  auto stream = service.FullDuplexCall(context.get());
  StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(31415);
  require(stream->Write(request), "cancel_after_first_response: a write");
  StreamingOutputCallResponse response;
  require(stream->Read(&response), "cancel_after_first_response: a read");
  context->TryCancel();
  require(stream->Finish(), StatusCode::CANCELLED, "cancel_after_first_response");
}

void statusCodeAndMessage(TestService::Stub& service) {
  const std::string message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
  SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(message);
  request.mutable_payload()->set_body("details");
  SimpleResponse response;
  Status status = service.UnaryCall(patient().get(), request, &response);
  require(status, StatusCode::UNKNOWN, "status_code_and_message");
  require(status.error_message() == message, "status_code_and_message: the message");
  require(status.error_details().find("details") != std::string::npos,
          "status_code_and_message: the details");
}

void timeoutOnSleepingServer(TestService::Stub& service) {
  ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
  auto stream = service.FullDuplexCall(&context);
  StreamingOutputCallRequest request;
  request.mutable_payload()->set_body(zeros(27182));
  stream->Write(request);
  require(stream->Finish(), StatusCode::DEADLINE_EXCEEDED, "timeout_on_sleeping_server");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: client ADDRESS" << std::endl;
    return 64;
  }
  TestService::Stub service(grpc::CreateChannel(arguments[1], grpc::InsecureChannelCredentials()));
  const std::pair<const char*, void (*)(TestService::Stub&)> cases[] = {
      {"empty_unary", emptyUnary},
      {"large_unary", largeUnary},
      {"compressed_unary", compressedUnary},
      {"ping_pong", pingPong},
      {"cancel_after_first_response", cancelAfterFirstResponse},
      {"status_code_and_message", statusCodeAndMessage},
      {"timeout_on_sleeping_server", timeoutOnSleepingServer},
  };
  for (const auto& [name, run] : cases) {
    run(service);
    std::cout << "ok " << name << std::endl;
  }
  return 0;
}
