// zlib, which every gRPC implementation compresses messages with: the two formats that all of them
// speak, from the library that all of them use.
#pragma once
#include <zlib.h>

// zlib's initialisers are macros that add its version and the size of z_stream; Swift sees no macros.
static inline int martlet_inflate_init(z_stream *stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}
static inline int martlet_deflate_init(z_stream *stream, int level, int window_bits) {
  // 8 is zlib's own default for the memory level, which has no name in its header.
  return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
