// 128-bit integers for exact products of two 64-bit ones; both our compilers have them.
#pragma once

namespace jobber {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

}  // namespace jobber
