#include "tools/jobber/topology.hpp"

namespace jobber::tools {

ThreadTable thread_table(ThreadPlan plan) {
  switch (plan) {
    case ThreadPlan::kDedicated: return {{"feed", "alpha", "quote", "order"}, {0, 1, 2, 3, 3}};
    case ThreadPlan::kPaired: return {{"feed", "trade"}, {0, 0, 1, 1, 1}};
    case ThreadPlan::kShared: break;
  }
  return {{"engine"}, {0, 0, 0, 0, 0}};
}

}  // namespace jobber::tools
