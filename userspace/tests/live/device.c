// SPDX-License-Identifier: GPL-2.0-or-later
/* Bare devices of the kernel that runs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netlink/genl/genl.h>

#include "device.h"

#define DEVICES "/sys/module/vfio_mig_sim/parameters/devices"

/* More than the largest profile there can be takes. */
#define MESSAGE_SIZE 16384

static int write_number(unsigned int n)
{
	int fd = open(DEVICES, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%u\n", n) < 0)
		err = -errno;
	close(fd);
	return err;
}

int devices_make(unsigned int n)
{
	int err = write_number(0);

	return err ? err : write_number(n);
}

static void put_target(struct nl_msg *msg, unsigned int n)
{
	struct nlattr *nest;
	char name[16];

	snprintf(name, sizeof(name), "sim%u", n);
	nest = nla_nest_start(msg, VFIO_MIG_A_CHANGE_TARGET);
	assert_non_null(nest);
	assert_int_equal(nla_put_string(msg, VFIO_MIG_A_OBJECT_BUS, "sim"), 0);
	assert_int_equal(nla_put_string(msg, VFIO_MIG_A_OBJECT_NAME, name), 0);
	nla_nest_end(msg, nest);
}

/* An attribute of a profile is one of a request, under another number. */
static void put_attrs(struct nl_msg *msg, const struct vfiomig_object *profile)
{
	const struct nlattr *nla;
	int left;

	nla_for_each_attr(nla, profile->wire, (int)profile->wire_len, left)
		if (nla_type(nla) == VFIO_MIG_A_OBJECT_ATTR)
			assert_int_equal(nla_put(msg, VFIO_MIG_A_CHANGE_ATTR |
						 NLA_F_NESTED, nla_len(nla),
						 nla_data(nla)), 0);
}

/* The kernel answers nothing but an acknowledgment. */
static int take_ack(struct vmig_sock *sock, uint32_t seq)
{
	const struct nlmsghdr *nlh;
	const struct nlmsgerr *e;
	ssize_t len;
	void *data;

	len = vmig_sock_recv(sock, true, &data);
	if (len < 0)
		return len;
	nlh = data;
	e = nlmsg_data(nlh);
	assert_true(nlmsg_ok(nlh, len));
	assert_int_equal(nlh->nlmsg_seq, seq);
	assert_int_equal(nlh->nlmsg_type, NLMSG_ERROR);
	return e->error;
}

int devices_set(struct vfiomig *ctx, unsigned int n,
		const struct vfiomig_object *profile)
{
	struct nl_msg *msg = nlmsg_alloc_size(MESSAGE_SIZE);
	static struct vmig_sock *sock;
	int err;

	if (!sock)
		sock = vmig_sock_open(ctx);
	assert_non_null(sock);
	assert_non_null(msg);
	assert_int_equal(vmig_family(ctx), 0);
	assert_non_null(genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ,
				    ctx->family, 0,
				    NLM_F_REQUEST | NLM_F_ACK,
				    VFIO_MIG_CMD_ATTR_SET,
				    VFIO_MIG_FAMILY_VERSION));
	put_target(msg, n);
	assert_int_equal(nla_put_flag(msg, VFIO_MIG_A_CHANGE_REPLACE), 0);
	put_attrs(msg, profile);

	assert_int_equal(vmig_sock_send(sock, msg), 0);
	err = take_ack(sock, nlmsg_hdr(msg)->nlmsg_seq);
	nlmsg_free(msg);
	return err;
}

static struct vfiomig_handle handle_of(unsigned int n, char name[16])
{
	snprintf(name, 16, "sim%u", n);
	return (struct vfiomig_handle){ .bus = "sim", .name = name };
}

struct vfiomig_object *devices_get(struct vfiomig *ctx, unsigned int n)
{
	struct vfiomig_object *object;
	char name[16];
	const struct vfiomig_handle handle = handle_of(n, name);

	return vfiomig_get(ctx, &handle, &object) ? NULL : object;
}

struct vfiomig_result *devices_ask(struct vfiomig *ctx,
				   struct vfiomig_check *check, unsigned int n)
{
	struct vfiomig_result *result;
	char name[16];
	const struct vfiomig_handle handle = handle_of(n, name);

	(void)ctx;
	return vfiomig_check_ask(check, &handle, &result) ? NULL : result;
}

char *result_text(const struct vfiomig_result *result)
{
	struct json_object *json = vfiomig_result_json(result);
	char *text;

	assert_non_null(json);
	json_object_object_del(json, "by");
	text = vfiomig_json_text(json, 0);
	assert_non_null(text);
	json_object_put(json);
	return text;
}

uint64_t number_of(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static int teardown(void **state)
{
	(void)state;
	write_number(0);
	return 0;
}

int live_main(const struct CMUnitTest *tests, size_t n)
{
	static char top[4096];
	int failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	/* this program is build/selftests/NAME */
	if (readlink("/proc/self/exe", top, sizeof(top) - 1) > 0) {
		for (int i = 0; i < 3 && strrchr(top, '/'); i++)
			*strrchr(top, '/') = '\0';
		setenv("VFIOMIG_TOP", top, 0);
	}
	if (system("modprobe -q vfio_mig_sim") || access(DEVICES, W_OK)) {
		printf("1..0 # SKIP needs vfio_mig_sim\n");
		return 4;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = _cmocka_run_group_tests("live", tests, n, NULL, teardown);
	return failed != 0;
}
