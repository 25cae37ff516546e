// Rounds of flows through SimGrid's plain max-min network, for comparison: bench_flows.py compiles and feeds it.
//
// Standard input: links, then the capacity of each in bytes/s; hosts; pairs of hosts in use, then of each its source,
// its destination, the number of its links and the links; rounds, then of each how often it is repeated, its number of
// flows, and of each flow its source, destination, bytes and start in s. The starts of a round count from the end of
// the round before. Standard output: CPU seconds from the first flow to the end, without reading and without the
// platform; then the end of each flow of the last round.

#include <cstdio>
#include <ctime>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

namespace s4u = simgrid::s4u;

struct Flow {
  s4u::Host* src;
  s4u::Host* dst;
  double bytes;
  double start;
};

struct Round {
  int repeat;
  std::vector<Flow> flows;
};

static double number()
{
  double value = 0.0;
  if (std::scanf("%lf", &value) != 1)
    throw std::runtime_error("the input ends early");
  return value;
}

static int count()
{
  return static_cast<int>(number());
}

static std::vector<double> act(const std::vector<Round>& rounds)
{
  std::vector<double> ends;
  for (const Round& round : rounds)
    for (int i = 0; i < round.repeat; i++) {
      const double begin = s4u::Engine::get_clock();
      std::vector<s4u::CommPtr> comms;
      for (const Flow& flow : round.flows) {
        if (begin + flow.start > s4u::Engine::get_clock())
          s4u::this_actor::sleep_until(begin + flow.start);
        comms.push_back(s4u::Comm::sendto_async(flow.src, flow.dst, static_cast<uint64_t>(flow.bytes)));
      }
      ends.clear();
      for (const auto& comm : comms)
        comm->wait();
      for (const auto& comm : comms)
        ends.push_back(comm->get_finish_time());
    }
  return ends;
}

int main(int argc, char** argv)
{
  s4u::Engine engine(&argc, argv);
  auto* zone = s4u::create_full_zone("network");
  std::vector<s4u::Link*> links(count());
  for (size_t i = 0; i < links.size(); i++)
    links[i] = zone->create_link("link " + std::to_string(i), number())->set_latency(0.0)->seal();
  std::vector<s4u::Host*> hosts(count());
  for (size_t i = 0; i < hosts.size(); i++)
    hosts[i] = zone->create_host("host " + std::to_string(i), 1e9)->seal();
  for (int pair = count(); pair > 0; pair--) {
    const auto* src = hosts[count()]->get_netpoint();
    const auto* dst = hosts[count()]->get_netpoint();
    std::vector<s4u::LinkInRoute> route;
    for (int left = count(); left > 0; left--)
      route.emplace_back(links[count()]);
    zone->add_route(const_cast<simgrid::kernel::routing::NetPoint*>(src),
                    const_cast<simgrid::kernel::routing::NetPoint*>(dst), nullptr, nullptr, route, false);
  }
  zone->seal();
  std::vector<Round> rounds(count());
  for (Round& round : rounds) {
    round.repeat = count();
    round.flows.resize(count());
    for (Flow& flow : round.flows)
      flow = {hosts[count()], hosts[count()], number(), number()};
  }
  std::vector<double> ends;
  s4u::Actor::create("sender", hosts[0], [&ends, &rounds]() { ends = act(rounds); });
  const std::clock_t before = std::clock();
  engine.run();
  std::printf("%.6f\n", static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC);
  for (double end : ends)
    std::printf("%.17g\n", end);
  return 0;
}
