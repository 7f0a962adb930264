// libpng, the reference PNG decoder.
#pragma once
#include <png.h>
