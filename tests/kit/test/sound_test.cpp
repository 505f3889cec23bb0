#include "tests/kit/test/failures_of.hpp"
