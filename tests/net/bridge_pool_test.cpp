// Which thread runs what, with real sockets and threads: design section 3.

#include "net/src/bridge/network_core.hpp"
#include "tests/net/raw_client.hpp"

