// nghttp2, the HTTP/2 codec: framing, HPACK, stream states and header validation in C, because
// a second implementation of these would be slower and less proven.
#pragma once
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <nghttp2/nghttp2.h>

// C's own memory under names of the shim: Swift's allocation has no realloc, and goes the long way of
// posix_memalign for every piece.
static inline void *martlet_malloc(size_t count) { return malloc(count); }
static inline void *martlet_realloc(void *base, size_t count) { return realloc(base, count); }
static inline void martlet_free(void *base) { free(base); }

// Gives whole pages back to the kernel; they read as zeros after that. Returns 0, or -1 and errno.
static inline int martlet_forget(void *pages, size_t count) {
  return madvise(pages, count, MADV_DONTNEED);
}
// Pages of zeros that take no memory before they are touched; NULL without memory. `martlet_free` frees them.
static inline void *martlet_zero_pages(size_t page, size_t count) {
  void *pages = NULL;
  if (posix_memalign(&pages, page, count) != 0) return NULL;
  if (martlet_forget(pages, count) == 0) return pages;
  free(pages);
  return NULL;
}
