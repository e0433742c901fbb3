/* What qemu-user cannot do, asked by raw calls, without the library: prints the name of each that goes wrong, and
 * nothing at all where the kernel itself is asked. The reasons in `left_out` begin with these names. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void wrong(const char *name) { puts(name); }

/* An option that the kernel knows, whatever it says to the value. */
struct option {
  const char *name;
  int family, type, protocol, level, number, length; /* the length of what is read; 0: it is set */
};

static const struct option options[] = {
    {"ICMP_FILTER", AF_INET, SOCK_RAW, IPPROTO_ICMP, SOL_RAW, 1, 4},
    {"ICMP6_FILTER", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6, IPPROTO_ICMPV6, 1, 32},
    {"IPV6_DONTFRAG", AF_INET6, SOCK_DGRAM, 0, IPPROTO_IPV6, 62, 0},
    {"IPV6_FLOWINFO", AF_INET6, SOCK_DGRAM, 0, IPPROTO_IPV6, 11, 0},
    {"IPV6_FLOWINFO_SEND", AF_INET6, SOCK_DGRAM, 0, IPPROTO_IPV6, 33, 0},
    {"IPV6_JOIN_ANYCAST", AF_INET6, SOCK_DGRAM, 0, IPPROTO_IPV6, 27, 0},
    {"IPV6_MULTICAST_ALL", AF_INET6, SOCK_DGRAM, 0, IPPROTO_IPV6, 29, 0},
    {"IPV6_PATHMTU", AF_INET6, SOCK_DGRAM, 0, IPPROTO_IPV6, 61, 32},
    {"IPV6_RECVFRAGSIZE", AF_INET6, SOCK_DGRAM, 0, IPPROTO_IPV6, 77, 0},
    {"IP_MULTICAST_ALL", AF_INET, SOCK_DGRAM, 0, IPPROTO_IP, 49, 0},
    {"IP_MULTICAST_IF", AF_INET, SOCK_DGRAM, 0, IPPROTO_IP, 32, 0},
    {"IP_RECVORIGDSTADDR", AF_INET, SOCK_DGRAM, 0, IPPROTO_IP, 20, 0},
    {"MCAST_JOIN_GROUP", AF_INET6, SOCK_DGRAM, 0, IPPROTO_IPV6, 42, 0},
    {"MPTCP_INFO", AF_INET, SOCK_STREAM, 262, 284, 1, 8},
    {"PACKET_ADD_MEMBERSHIP", AF_PACKET, SOCK_RAW, 0, SOL_PACKET, PACKET_ADD_MEMBERSHIP, 0},
    {"PACKET_STATISTICS", AF_PACKET, SOCK_RAW, 0, SOL_PACKET, PACKET_STATISTICS, 8},
    {"PACKET_VERSION", AF_PACKET, SOCK_RAW, 0, SOL_PACKET, PACKET_VERSION, 0},
    {"SO_ATTACH_REUSEPORT_CBPF", AF_INET, SOCK_DGRAM, 0, SOL_SOCKET, 51, 0},
    {"SO_COOKIE", AF_INET, SOCK_DGRAM, 0, SOL_SOCKET, 57, 8},
    {"SO_DETACH_FILTER", AF_INET, SOCK_DGRAM, 0, SOL_SOCKET, SO_DETACH_FILTER, 0},
    {"SO_LOCK_FILTER", AF_INET, SOCK_DGRAM, 0, SOL_SOCKET, 44, 0},
    {"SO_MEMINFO", AF_INET, SOCK_DGRAM, 0, SOL_SOCKET, 55, 36},
    {"SO_PEEK_OFF", AF_UNIX, SOCK_DGRAM, 0, SOL_SOCKET, 42, 0},
    {"SO_RXQ_OVFL", AF_INET, SOCK_DGRAM, 0, SOL_SOCKET, 40, 0},
    {"SO_TIMESTAMPING", AF_INET, SOCK_DGRAM, 0, SOL_SOCKET, 37, 0},
    {"SO_TIMESTAMPNS", AF_INET, SOCK_DGRAM, 0, SOL_SOCKET, 35, 0},
    {"SO_TXTIME", AF_INET, SOCK_DGRAM, 0, SOL_SOCKET, 61, 0},
    {"SO_VM_SOCKETS_BUFFER_MAX_SIZE", AF_VSOCK, SOCK_STREAM, 0, AF_VSOCK, 2, 0},
    {"SO_ZEROCOPY", AF_INET, SOCK_STREAM, 0, SOL_SOCKET, 60, 0},
    {"TCP_CONGESTION", AF_INET, SOCK_STREAM, 0, IPPROTO_TCP, TCP_CONGESTION, 16},
    {"TCP_INFO", AF_INET, SOCK_STREAM, 0, IPPROTO_TCP, TCP_INFO, 104},
    {"UDPLITE_SEND_CSCOV", AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE, IPPROTO_UDPLITE, 10, 0},
    {"XDP_RX_RING", AF_XDP, SOCK_RAW, 0, SOL_XDP, 2, 0},
};

static void ask(const struct option *option) {
  char value[512] = {0};
  socklen_t length = option->length;
  int answer, fd = socket(option->family, option->type, option->protocol);
  if (fd < 0) return;
  if (option->length == 0) {
    value[0] = 1;
    answer = setsockopt(fd, option->level, option->number, value, 4);
    if (answer < 0 && (errno == ENOPROTOOPT || errno == EOPNOTSUPP)) wrong(option->name);
  } else {
    answer = getsockopt(fd, option->level, option->number, value, &length);
    if (answer < 0 ? errno != ENOTCONN : length < (socklen_t)option->length) wrong(option->name);
  }
  close(fd);
}

/* A datagram to this host with the control message given; the one that comes with it goes to `in`. */
static ssize_t datagram(int type, int ask_for, const void *data, size_t size, struct msghdr *in) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof to;
  int one = 1, from = socket(AF_INET, SOCK_DGRAM, 0), at = socket(AF_INET, SOCK_DGRAM, 0);
  bind(at, (void *)&to, sizeof to);
  getsockname(at, (void *)&to, &length);
  setsockopt(at, IPPROTO_IP, ask_for, &one, sizeof one);
  char bytes[4] = "abc", control[64] = {0};
  struct iovec part = {bytes, 3};
  struct msghdr out = {&to, sizeof to, &part, 1, control, CMSG_SPACE(size), 0};
  struct cmsghdr *head = CMSG_FIRSTHDR(&out);
  head->cmsg_level = IPPROTO_IP, head->cmsg_type = type, head->cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(head), data, size);
  ssize_t sent = sendmsg(from, &out, 0);
  if (sent >= 0) sent = recvmsg(at, in, MSG_DONTWAIT);
  close(from), close(at);
  return sent;
}

/* An int in a control message, each way. */
static void integers(void) {
  int ttl = 33;
  char bytes[4], control[64];
  struct iovec part = {bytes, 4};
  struct msghdr in = {NULL, 0, &part, 1, control, sizeof control, 0};
  struct cmsghdr *head;
  if (datagram(IP_TTL, IP_RECVTTL, &ttl, sizeof ttl, &in) != 3 || !(head = CMSG_FIRSTHDR(&in)) ||
      memcmp(CMSG_DATA(head), &ttl, sizeof ttl) != 0)
    wrong("control-int");
}

/* A control message that the room cuts off is told of. */
static void cut_off(void) {
  int ttl = 33;
  char bytes[4], control[CMSG_LEN(2)];
  struct iovec part = {bytes, 4};
  struct msghdr in = {NULL, 0, &part, 1, control, sizeof control, 0};
  if (datagram(IP_TTL, IP_RECVTTL, &ttl, sizeof ttl, &in) != 3 || !(in.msg_flags & MSG_CTRUNC)) wrong("control-cut");
}

/* A receive of no buffers, where nothing waits. */
static void no_buffers(void) {
  struct msghdr in = {0};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (recvmsg(fd, &in, MSG_DONTWAIT) >= 0) wrong("no-buffers");
  close(fd);
}

/* MSG_WAITFORONE is recvmmsg's own, and no family sees it. */
static void wait_for_one(void) {
  char byte;
  struct iovec part = {&byte, 1};
  struct mmsghdr in = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
  int fd = socket(AF_PACKET, SOCK_DGRAM, 0);
  if (fd >= 0 && recvmmsg(fd, &in, 1, MSG_DONTWAIT | MSG_WAITFORONE, NULL) < 0 && errno == EINVAL) wrong("waitforone");
  close(fd);
}

static void wipe_on_fork(void) {
  int status = 0;
  char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (madvise(page, 4096, MADV_WIPEONFORK) != 0) return;
  *page = 1;
  if (fork() == 0) _exit(*page);
  wait(&status);
  if (WEXITSTATUS(status) != 0) wrong("wipeonfork");
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) ask(&options[i]);
  integers();
  cut_off();
  no_buffers();
  wait_for_one();
  wipe_on_fork();
  return 0;
}
