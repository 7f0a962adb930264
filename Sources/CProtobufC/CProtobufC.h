// protobuf-c, driven by descriptors made at run time: the one protobuf codec here that needs no
// generated code.
#pragma once
#include <protobuf-c/protobuf-c.h>
