# One interface target carries the warnings of our own code; libraries are included as SYSTEM.
add_library(twhin_warnings INTERFACE)
target_compile_options(twhin_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wcast-align -Wunused -Woverloaded-virtual
  -Wnull-dereference -Wimplicit-fallthrough
  $<$<BOOL:${TWHIN_WERROR}>:-Werror>
  # GCC 12 reports these inside its own <string> and <regex> at -O2 and above.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-null-dereference -Wno-maybe-uninitialized>)
