// nghttp2, the HTTP/2 codec: framing, HPACK, stream states and header validation in C, because
// a second implementation of these would be slower and less proven.
#pragma once
#include <sys/types.h>
#include <nghttp2/nghttp2.h>
