// nghttp2, the HTTP/2 codec: framing, HPACK, stream states and header validation in C, because
// a second implementation of these would be slower and less proven.
#pragma once
#include <stdlib.h>
#include <sys/types.h>
#include <nghttp2/nghttp2.h>

// C's own memory under names of the shim: Swift's allocation has no realloc, and goes the long way of
// posix_memalign for every piece.
static inline void *martlet_malloc(size_t count) { return malloc(count); }
static inline void *martlet_realloc(void *base, size_t count) { return realloc(base, count); }
static inline void martlet_free(void *base) { free(base); }
