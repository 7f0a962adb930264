// gRPC's C++ library as a peer: unary echo and echo of streams by its callback API.
#include <grpcpp/grpcpp.h>

#include <csignal>
#include <iostream>
#include <memory>
#include <string>

#include "echo/echo.grpc.pb.h"
#include "test/test.grpc.pb.h"

namespace {

class Echoes final : public echo::v1::Echo::CallbackService {
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                 const echo::v1::Message* request,
                                 echo::v1::Message* response) override {
    *response = *request;
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// One answer for each request, of the size that it asks for.
class Streams final : public grpc::testing::TestService::CallbackService {
  using Request = grpc::testing::StreamingOutputCallRequest;
  using Response = grpc::testing::StreamingOutputCallResponse;

  class Reactor final : public grpc::ServerBidiReactor<Request, Response> {
   public:
    Reactor() { StartRead(&request_); }

    void OnReadDone(bool ok) override {
      if (!ok) return Finish(grpc::Status::OK);
      response_.mutable_payload()->mutable_body()->assign(
          request_.response_parameters_size() ? request_.response_parameters(0).size() : 0, 0);
      StartWrite(&response_);
    }
    void OnWriteDone(bool ok) override {
      if (ok) StartRead(&request_);
    }
    void OnDone() override { delete this; }

   private:
    Request request_;
    Response response_;
  };

  grpc::ServerBidiReactor<Request, Response>* FullDuplexCall(
      grpc::CallbackServerContext*) override {
    return new Reactor();
  }
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: grpcpp_server HOST:PORT\n";
    return 64;
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  Echoes echo;
  Streams streams;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(arguments[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&echo);
  builder.RegisterService(&streams);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) return 1;
  int signal;
  sigwait(&ends, &signal);
  server->Shutdown();
}
