// TCP between two hosts in ns-3, over one link or a path of links and routers, for comparison: a bulk transfer, or short
// connections one after the other.
//
// Prints one line: seconds of processor time in Simulator::Run, packets that links delivered to IP on all nodes
// (data and acknowledgement segments), octets of user data received, connections that have ended, and events.

#include "ns3/applications-module.h"
#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"
#include "ns3/traffic-control-module.h"

#include <ctime>
#include <iostream>

using namespace ns3;

static uint64_t packets, received, ended;
static uint32_t size = 2048;
static Ptr<Node> client, server;
static Address serverAddress;

static void
Delivered(Ptr<const Packet>, Ptr<Ipv4>, uint32_t)
{
    packets++;
}

static void
SinkRx(Ptr<const Packet> p, const Address&)
{
    received += p->GetSize();
}

// Short connections: the client sends, the server answers with as much, and either closes when it has all.
struct Short
{
    uint32_t got = 0;
};

static std::map<Ptr<Socket>, Short> open_;

static void
Read(Ptr<Socket> s)
{
    Short& c = open_[s];
    while (Ptr<Packet> p = s->Recv())
    {
        if (p->GetSize() == 0)
        {
            break;
        }
        c.got += p->GetSize();
        received += p->GetSize();
        if (c.got == size)
        {
            if (s->GetNode() == server)
            {
                s->Send(Create<Packet>(size));
            }
            s->Close();
        }
    }
}

static void
Gone(Ptr<Socket> s)
{
    open_.erase(s);
    ended++;
}

static void
Accepted(Ptr<Socket> s, const Address&)
{
    s->SetRecvCallback(MakeCallback(&Read));
    s->SetCloseCallbacks(MakeCallback(&Gone), MakeCallback(&Gone));
}

static void
Connected(Ptr<Socket> s)
{
    s->Send(Create<Packet>(size));
}

static void
Failed(Ptr<Socket>)
{
}

static void
Dial(Time every)
{
    Ptr<Socket> s = Socket::CreateSocket(client, TcpSocketFactory::GetTypeId());
    s->SetConnectCallback(MakeCallback(&Connected), MakeCallback(&Failed));
    s->SetRecvCallback(MakeCallback(&Read));
    s->Bind();
    s->Connect(serverAddress);
    Simulator::Schedule(every, &Dial, every);
}

int
main(int argc, char* argv[])
{
    std::string kind = "bulk", rate = "100Mbps", delay = "10ms", recovery = "ns3::TcpClassicRecovery";
    double loss = 0, seconds = 20;
    uint32_t queue = 100, run = 1, routers = 0;
    CommandLine cmd;
    cmd.AddValue("kind", "bulk or short", kind);
    cmd.AddValue("rate", "of each link", rate);
    cmd.AddValue("delay", "of each link, one way", delay);
    cmd.AddValue("routers", "between the hosts", routers);
    cmd.AddValue("queue", "packets", queue);
    cmd.AddValue("loss", "of data packets, independent", loss);
    cmd.AddValue("seconds", "virtual time", seconds);
    cmd.AddValue("run", "of the random streams", run);
    cmd.Parse(argc, argv);
    RngSeedManager::SetRun(run);

    Config::SetDefault("ns3::TcpL4Protocol::SocketType", TypeIdValue(TcpNewReno::GetTypeId()));
    Config::SetDefault("ns3::TcpL4Protocol::RecoveryType", StringValue(recovery));
    Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(1448));
    Config::SetDefault("ns3::TcpSocket::InitialCwnd", UintegerValue(10));
    Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(1 << 20));
    Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(1 << 20));
    Config::SetDefault("ns3::TcpSocket::DelAckTimeout", TimeValue(MilliSeconds(40)));
    Config::SetDefault("ns3::TcpSocketBase::MaxSegLifetime", DoubleValue(30));
    Config::SetDefault("ns3::TcpSocketBase::MinRto", TimeValue(Seconds(1)));
    Config::SetDefault("ns3::DropTailQueue<Packet>::MaxSize", QueueSizeValue(QueueSize(PACKETS, queue)));

    NodeContainer nodes(2 + routers);
    client = nodes.Get(0);
    server = nodes.Get(1 + routers);
    PointToPointHelper link;
    link.SetDeviceAttribute("DataRate", StringValue(rate));
    link.SetChannelAttribute("Delay", StringValue(delay));
    InternetStackHelper internet;
    internet.Install(nodes);
    Ipv4AddressHelper addresses("10.0.0.0", "255.255.255.0");
    NetDeviceContainer devices; // of the last link
    for (uint32_t i = 0; i <= routers; i++)
    {
        devices = link.Install(nodes.Get(i), nodes.Get(i + 1));
        Ipv4InterfaceContainer at = addresses.Assign(devices);
        addresses.NewNetwork();
        TrafficControlHelper().Uninstall(devices); // the queue is the device's
        serverAddress = InetSocketAddress(at.GetAddress(1), 9);
    }
    if (routers > 0)
    {
        Ipv4GlobalRoutingHelper::PopulateRoutingTables();
    }
    if (loss > 0)
    {
        Ptr<RateErrorModel> errors = CreateObject<RateErrorModel>();
        errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
        errors->SetRate(loss);
        devices.Get(1)->SetAttribute("ReceiveErrorModel", PointerValue(errors));
    }
    for (uint32_t i = 0; i < nodes.GetN(); i++)
    {
        nodes.Get(i)->GetObject<Ipv4L3Protocol>()->TraceConnectWithoutContext("Rx", MakeCallback(&Delivered));
    }
    if (kind == "bulk")
    {
        BulkSendHelper source("ns3::TcpSocketFactory", serverAddress);
        source.SetAttribute("SendSize", UintegerValue(1448));
        source.Install(client).Start(Seconds(0));
        PacketSinkHelper sink("ns3::TcpSocketFactory", InetSocketAddress(Ipv4Address::GetAny(), 9));
        ApplicationContainer app = sink.Install(server);
        app.Start(Seconds(0));
        app.Get(0)->TraceConnectWithoutContext("Rx", MakeCallback(&SinkRx));
    }
    else
    {
        Ptr<Socket> listening = Socket::CreateSocket(server, TcpSocketFactory::GetTypeId());
        listening->Bind(InetSocketAddress(Ipv4Address::GetAny(), 9));
        listening->Listen();
        listening->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(), MakeCallback(&Accepted));
        Simulator::Schedule(MilliSeconds(1), &Dial, MilliSeconds(5));
    }
    Simulator::Stop(Seconds(seconds));
    clock_t before = clock();
    Simulator::Run();
    double took = double(clock() - before) / CLOCKS_PER_SEC;
    std::cout << took << " " << packets << " " << received << " " << ended << " " << Simulator::GetEventCount() << std::endl;
    Simulator::Destroy();
    return 0;
}
