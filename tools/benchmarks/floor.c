// The floor: what nghttp2 and the kernel cost, with nothing above them. A unary gRPC echo server in C.
//
//   cc -O2 -o floor floor.c -lnghttp2 && ./floor PORT
//
// One thread, one epoll set; a read takes all there is, a connection writes once for it. It answers
// any path with the request's own bytes and `grpc-status: 0`, and checks nothing: no server that does
// its work can be faster on nghttp2, and the distance to it is what that work costs.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 256 << 10, WRITE_BYTES = 64 << 10, EVENTS = 64 };

struct connection {
  int fd;
  nghttp2_session *session;
};

struct stream {
  uint8_t *bytes;
  size_t count, capacity, sent;
};

#define FIELD(name, value)                                                                         \
  {(uint8_t *)name, (uint8_t *)value, sizeof(name) - 1, sizeof(value) - 1,                         \
   NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE}
static const nghttp2_nv head[] = {FIELD(":status", "200"),
                                  FIELD("content-type", "application/grpc")};
static const nghttp2_nv trailers[] = {FIELD("grpc-status", "0")};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static ssize_t payload(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
                       uint32_t *flags, nghttp2_data_source *source, void *user) {
  struct stream *stream = source->ptr;
  size_t left = stream->count - stream->sent, count = left < room ? left : room;
  memcpy(out, stream->bytes + stream->sent, count);
  stream->sent += count;
  if (count == left) {
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    nghttp2_submit_trailer(session, id, trailers, 1);
  }
  return (ssize_t)count;
}

static int headers_began(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id,
                                         calloc(1, sizeof(struct stream)));
  return 0;
}

static int header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                  size_t name_count, const uint8_t *value, size_t value_count, uint8_t flags,
                  void *user) {
  return 0;
}

static int data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                size_t count, void *user) {
  struct stream *stream = nghttp2_session_get_stream_user_data(session, id);
  if (stream->count + count > stream->capacity) {
    stream->capacity = (stream->count + count) * 2;
    stream->bytes = realloc(stream->bytes, stream->capacity);
  }
  memcpy(stream->bytes + stream->count, bytes, count);
  stream->count += count;
  return 0;
}

static int frame_received(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  int is_body = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
  if (!is_body || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
  nghttp2_data_provider provider = {
      .source.ptr = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id),
      .read_callback = payload};
  return nghttp2_submit_response(session, frame->hd.stream_id, head, 2, &provider);
}

static int stream_closed(nghttp2_session *session, int32_t id, uint32_t code, void *user) {
  struct stream *stream = nghttp2_session_get_stream_user_data(session, id);
  if (stream) free(stream->bytes);
  free(stream);
  return 0;
}

static void close_connection(struct connection *connection) {
  close(connection->fd);
  nghttp2_session_del(connection->session);
  free(connection);
}

// Writes what the session has; 0 when the connection is over.
static int flush(struct connection *connection) {
  static uint8_t buffer[WRITE_BYTES];
  size_t count = 0;
  for (;;) {
    const uint8_t *frame;
    ssize_t size = nghttp2_session_mem_send(connection->session, &frame);
    if (size < 0) return 0;
    if (count && (size == 0 || count + (size_t)size > sizeof buffer)) {
      ssize_t sent = send(connection->fd, buffer, count, MSG_NOSIGNAL);
      if (sent != (ssize_t)count) return 0; // a benchmark's client reads; nothing is kept for others
      count = 0;
    }
    if (size == 0) break;
    memcpy(buffer + count, frame, (size_t)size);
    count += (size_t)size;
  }
  return nghttp2_session_want_read(connection->session) != 0;
}

static void accept_one(int listener, int epoll, nghttp2_session_callbacks *callbacks) {
  struct connection *connection = calloc(1, sizeof *connection);
  int one = 1;
  connection->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (connection->fd < 0) fail("accept");
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  nghttp2_session_server_new(&connection->session, callbacks, connection);
  nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1024}};
  nghttp2_submit_settings(connection->session, 0, settings, 1);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event);
}

int main(int count, char **words) {
  nghttp2_session_callbacks *callbacks;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, headers_began);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);

  if (count != 2) return fprintf(stderr, "usage: floor PORT\n"), 64;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(words[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024))
    fail("listen");
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);

  static uint8_t buffer[READ_BYTES];
  for (;;) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *connection = events[i].data.ptr;
      if (!connection) {
        accept_one(listener, epoll, callbacks);
        continue;
      }
      ssize_t size = read(connection->fd, buffer, sizeof buffer);
      if (size <= 0 ||
          nghttp2_session_mem_recv(connection->session, buffer, (size_t)size) != size ||
          !flush(connection))
        close_connection(connection);
    }
  }
}
