// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Generic netlink sockets.
 *
 * Messages are received here and not by nl_recvmsgs(), which passes over the
 * error in a dump's NLMSG_DONE, and folds several errnos into one: a lost
 * event (ENOBUFS) would read as "out of memory". Nor would nl_recv() do: it has
 * no room for the number of the network namespace that an event comes from,
 * and takes the event for cut off.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <netlink/genl/genl.h>

#include "internal.h"

/*
 * The kernel grants no more than net.core.rmem_max, unless the caller may
 * exceed that.
 */
#define RCVBUF_WANTED (32 << 20)

/* What the kernel takes as a hint to pack as much into one read of a dump. */
#define READ_SIZE (32 << 10)

/**
 * struct vmig_sock - a socket
 * @nl: the socket
 * @buf: what was received last
 * @size: bytes at @buf
 * @nsid: number of the network namespace that it came from, or VMIG_HOME
 */
struct vmig_sock {
	struct nl_sock *nl;
	void *buf;
	size_t size;
	int32_t nsid;
};

/* As much as the caller may have. Returns 0 or -errno. */
static int set_buffer(int fd, int size)
{
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)))
		return -errno;

	return 0;
}

/* What an old kernel does not know is done without. */
static void set_options(int fd)
{
	int on = 1;

	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));

	/* connecting has shrunk the buffer below the system's default */
	set_buffer(fd, RCVBUF_WANTED);
}

static int no_socket(struct vfiomig *ctx, int errnum)
{
	enum vfiomig_cause cause = VFIOMIG_CAUSE_SYSTEM;

	if (errnum == EPERM || errnum == EACCES)
		cause = VFIOMIG_CAUSE_PERMISSION;
	else if (errnum == EPROTONOSUPPORT || errnum == EAFNOSUPPORT)
		cause = VFIOMIG_CAUSE_FAMILY;

	return vmig_fail(ctx, cause, errnum,
			 "cannot open a generic netlink socket: %s",
			 strerror(errnum));
}

static struct vmig_sock *open_here(struct vfiomig *ctx)
{
	struct vmig_sock *sock = calloc(1, sizeof(*sock));

	if (!sock)
		goto nomem;
	sock->size = READ_SIZE;
	sock->nsid = VMIG_HOME;
	sock->buf = malloc(sock->size);
	sock->nl = nl_socket_alloc();
	if (!sock->buf || !sock->nl)
		goto nomem;

	errno = 0;
	if (genl_connect(sock->nl) < 0) {
		no_socket(ctx, errno ? errno : EIO);
		vmig_sock_close(sock);
		return NULL;
	}
	set_options(nl_socket_get_fd(sock->nl));
	return sock;

nomem:
	vmig_sock_close(sock);
	vmig_nomem(ctx);
	return NULL;
}

/**
 * struct errand - what a thread is sent for
 * @ctx: the context, which says where to
 * @sock: what it has brought, NULL if it has failed
 */
struct errand {
	struct vfiomig *ctx;
	struct vmig_sock *sock;
};

static void *open_there(void *arg)
{
	struct errand *errand = arg;
	struct vfiomig *ctx = errand->ctx;

	if (setns(ctx->netns, CLONE_NEWNET))
		vmig_fail(ctx, VFIOMIG_CAUSE_PERMISSION, errno,
			  "cannot enter a network namespace: %s",
			  strerror(errno));
	else
		errand->sock = open_here(ctx);
	return NULL;
}

/*
 * A socket stays where it was opened, and a thread where it has gone to. So
 * another thread goes, which has no other business, and need not come back.
 */
static struct vmig_sock *send_for(struct vfiomig *ctx)
{
	struct errand errand = { .ctx = ctx };
	sigset_t all, before;
	pthread_t thread;
	int err;

	/* the program's signals are not for it */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&thread, NULL, open_there, &errand);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		vmig_fail(ctx, VFIOMIG_CAUSE_SYSTEM, err,
			  "cannot start a thread: %s", strerror(err));
		return NULL;
	}
	pthread_join(thread, NULL);
	return errand.sock;
}

/* Returns NULL with the error told. */
struct vmig_sock *vmig_sock_open(struct vfiomig *ctx)
{
	return ctx->netns < 0 ? open_here(ctx) : send_for(ctx);
}

void vmig_sock_close(struct vmig_sock *sock)
{
	if (!sock)
		return;
	nl_socket_free(sock->nl);
	free(sock->buf);
	free(sock);
}

int vmig_sock_fd(const struct vmig_sock *sock)
{
	return nl_socket_get_fd(sock->nl);
}

int vmig_sock_set_buffer(struct vmig_sock *sock, size_t size)
{
	/* the kernel doubles it, and has no room for more than this */
	return set_buffer(vmig_sock_fd(sock),
			  size < INT_MAX / 2 ? (int)size : INT_MAX / 2);
}

int vmig_sock_join(struct vmig_sock *sock, uint32_t group)
{
	if (setsockopt(vmig_sock_fd(sock), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
		       &group, sizeof(group)))
		return -errno;

	return 0;
}

/* Hears what is told in every network namespace that has a number in ours. */
int vmig_sock_all_netns(struct vmig_sock *sock)
{
	int on = 1;

	if (setsockopt(vmig_sock_fd(sock), SOL_NETLINK,
		       NETLINK_LISTEN_ALL_NSID, &on, sizeof(on)))
		return -errno;

	return 0;
}

/* Where does it come from what was received last? */
int32_t vmig_sock_nsid(const struct vmig_sock *sock)
{
	return sock->nsid;
}

/* Completes the message's header and sends it. Returns 0 or -errno. */
int vmig_sock_send(struct vmig_sock *sock, struct nl_msg *msg)
{
	errno = 0;
	if (nl_send_auto(sock->nl, msg) < 0)
		return errno ? -errno : -EIO;

	return 0;
}

/* How long is the next message? Returns -errno if none can be had. */
static ssize_t peek(int fd, int flags)
{
	ssize_t len;

	do {
		len = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC | flags);
	} while (len < 0 && errno == EINTR);

	return len < 0 ? -errno : len;
}

static int make_room(struct vmig_sock *sock, size_t size)
{
	void *buf;

	if (size <= sock->size)
		return 0;
	buf = realloc(sock->buf, size);
	if (!buf)
		return -ENOMEM;
	sock->buf = buf;
	sock->size = size;
	return 0;
}

static int32_t read_nsid(struct msghdr *msg)
{
	int32_t nsid = VMIG_HOME;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_NETLINK &&
		    c->cmsg_type == NETLINK_LISTEN_ALL_NSID &&
		    c->cmsg_len == CMSG_LEN(sizeof(nsid)))
			memcpy(&nsid, CMSG_DATA(c), sizeof(nsid));

	return nsid;
}

/*
 * Receives what the kernel has sent at once, one or several messages, which
 * stay at @data until the next call. Returns their length, or a negative
 * errno: -EAGAIN if there is nothing and @wait is false, -ENOBUFS if the
 * kernel had to drop something.
 */
ssize_t vmig_sock_recv(struct vmig_sock *sock, bool wait, void **data)
{
	int fd = vmig_sock_fd(sock), flags = wait ? 0 : MSG_DONTWAIT;
	union {
		char space[CMSG_SPACE(sizeof(int32_t))];
		struct cmsghdr align;
	} control;
	struct sockaddr_nl from;
	struct iovec iov;
	ssize_t len;
	int err;

	for (;;) {
		struct msghdr msg = {
			.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};

		len = peek(fd, flags);
		if (len < 0)
			return len;
		err = make_room(sock, len);
		if (err)
			return err;

		iov.iov_base = sock->buf;
		iov.iov_len = sock->size;
		len = recvmsg(fd, &msg, flags);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;

		/* other processes can write to this socket as well */
		if (msg.msg_namelen != sizeof(from) || from.nl_pid)
			continue;
		sock->nsid = read_nsid(&msg);
		*data = sock->buf;
		return len;
	}
}
