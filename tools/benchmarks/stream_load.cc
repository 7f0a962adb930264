// Load of streams: messages go back and forth on bidirectional calls, one in flight on each.
//
// usage: stream_load HOST:PORT CALLS MESSAGES BYTES
//   each of CALLS connections has one call, on which MESSAGES messages of BYTES go each way
// prints the microseconds that each message took there and back; fails when an answer is not as long as was
// asked.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "test/test.grpc.pb.h"

namespace {

bool Run(const std::string& address, int messages, int bytes, std::vector<long>* times) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto stub = grpc::testing::TestService::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(4));
  auto stream = stub->FullDuplexCall(&context);
  grpc::testing::StreamingOutputCallRequest request;
  request.mutable_payload()->mutable_body()->assign(bytes, 0);
  request.add_response_parameters()->set_size(bytes);
  grpc::testing::StreamingOutputCallResponse response;
  for (int i = 0; i < messages; i++) {
    const auto start = std::chrono::steady_clock::now();
    if (!stream->Write(request) || !stream->Read(&response)) break;
    if (response.payload().body().size() != static_cast<size_t>(bytes)) return false;
    times->push_back(std::chrono::duration_cast<std::chrono::microseconds>(
                         std::chrono::steady_clock::now() - start)
                         .count());
  }
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  if (!status.ok()) std::cerr << status.error_code() << ": " << status.error_message() << "\n";
  return status.ok() && times->size() == static_cast<size_t>(messages);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) {
    std::cerr << "usage: stream_load HOST:PORT CALLS MESSAGES BYTES\n";
    return 64;
  }
  const int calls = std::atoi(arguments[2]);
  std::vector<std::vector<long>> times(calls);
  std::vector<char> good(calls, 0);
  std::vector<std::thread> threads;
  for (int i = 0; i < calls; i++)
    threads.emplace_back([&, i] {
      good[i] = Run(arguments[1], std::atoi(arguments[3]), std::atoi(arguments[4]), &times[i]);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& some : times)
    for (long time : some) std::cout << time << "\n";
  for (char each : good)
    if (!each) return 1;
}
