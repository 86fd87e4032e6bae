// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a check costs: one, beside the least that can be asked of generic
 * netlink on the same socket, the number of a family; one of everything, beside
 * a dump of the same devices; and one that asks the kernel for nothing.
 *
 * The devices are bare ones of vfio_mig_sim, of which the administrator says
 * some attributes. Every second is compatible with the source, all others have
 * one finding, and one attribute in which they differ.
 *
 * usage: check RUNS DEVICES ATTRS, prints JSON: per run, nanoseconds.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/types.h>
#include <linux/vfio_mig.h>

#include "ask.h"
#include "vfiomig.h"

/* How long one measurement goes on. */
#define MEASURE_NS	1000000000ULL

static unsigned int attrs;

static struct req get_family, check, check_all, get_all;
/* Messages of the last dump. */
static unsigned int messages;

static struct vfiomig *ctx;
static struct vfiomig_check *offline;
static struct vfiomig_list *list;

/* Requests */

static void put_attrs(struct req *req, __u16 type, __u64 value)
{
	char name[16];
	unsigned int i;
	__u32 nest;

	for (i = 0; i < attrs; i++) {
		nest = put(req, type | NLA_F_NESTED, NULL, 0);
		put(req, VFIO_MIG_A_ATTR_NAME, name,
		    snprintf(name, sizeof(name), "attr%02u", i) + 1);
		put(req, VFIO_MIG_A_ATTR_U64, &value, sizeof(value));
		end(req, nest);
		/* the others are the same everywhere */
		value = i;
	}
}

static void dump(struct req *req)
{
	static __u32 buf[BUFFER_SIZE / 4];
	bool done = false;

	messages = 0;
	ask(req);
	while (!done) {
		const struct nlmsghdr *nlh = (const void *)buf;
		ssize_t len = answer(buf);

		for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_type == NLMSG_ERROR)
				die("the dump failed");
			if (nlh->nlmsg_type == NLMSG_DONE) {
				done = true;
				break;
			}
			messages++;
		}
	}
}

/* What is measured */

static __u64 one_family(void)
{
	round_trip(&get_family);
	return 1;
}

static __u64 one_check(void)
{
	round_trip(&check);
	return 1;
}

static __u64 all_checked(void)
{
	dump(&check_all);
	return 1;
}

static __u64 all_told(void)
{
	dump(&get_all);
	return 1;
}

static __u64 all_offline(void)
{
	struct vfiomig_result *result;
	struct vfiomig_object *target;
	size_t i;

	for (i = 0; (target = vfiomig_list_get(list, i)); i++) {
		if (vfiomig_check_target(offline, target, &result))
			die("offline check");
		vfiomig_result_free(result);
	}
	return i;
}

/* Nanoseconds for one, on average; done at least once. */
static double measure(__u64 (*call)(void))
{
	__u64 from = now(), to, n = 0;

	do {
		n += call();
		to = now();
	} while (to - from < MEASURE_NS);
	return (double)(to - from) / n;
}

/* Devices */

static void make_devices(unsigned int n)
{
	struct req req;
	unsigned int i;

	set_devices(0);
	set_devices(n);
	for (i = 0; i < n; i++) {
		begin(&req, family, VFIO_MIG_CMD_ATTR_SET, NLM_F_ACK);
		put_device(&req, VFIO_MIG_A_CHANGE_TARGET, i);
		put_attrs(&req, VFIO_MIG_A_CHANGE_ATTR, 1000 + i % 2);
		round_trip(&req);
	}
}

static void make_requests(void)
{
	__u32 profile;

	begin(&check, family, VFIO_MIG_CMD_CHECK, 0);
	profile = put(&check, VFIO_MIG_A_CHECK_PROFILE, NULL, 0);
	put_attrs(&check, VFIO_MIG_A_OBJECT_ATTR, 1000);
	end(&check, profile);
	check_all = check;
	check_all.nlh.nlmsg_flags |= NLM_F_DUMP;
	put_device(&check, VFIO_MIG_A_CHECK_TARGET, 1);
	begin(&get_all, family, VFIO_MIG_CMD_DEV_GET, NLM_F_DUMP);
}

/* The same source and the same targets, in this process. */
static void make_offline(void)
{
	const struct vfiomig_handle source = { .bus = "sim", .name = "sim0" };
	struct vfiomig_object *object;

	ctx = vfiomig_new();
	if (!ctx || vfiomig_get(ctx, &source, &object) ||
	    vfiomig_dump(ctx, VFIOMIG_DEVICE, &list) ||
	    vfiomig_check_new(ctx, object, &offline))
		die("vfiomig");
	vfiomig_object_unref(object);
}

int main(int argc, char **argv)
{
	int i, runs = argc > 3 ? atoi(argv[1]) : 0;
	unsigned int devices = argc > 3 ? atoi(argv[2]) : 0;
	unsigned int checked;

	attrs = argc > 3 ? atoi(argv[3]) : 0;
	if (runs < 1 || devices < 2 || !attrs || attrs >= VFIO_MIG_ATTRS_MAX) {
		fprintf(stderr, "usage: check RUNS DEVICES ATTRS\n");
		return 2;
	}

	find_family(&get_family);
	make_devices(devices);
	make_requests();
	make_offline();
	all_checked();
	checked = messages;
	all_told();
	printf("{\"devices\":%u,\"attrs\":%u,\"checked\":%u,\"told\":%u,",
	       devices, attrs, checked, messages);
	printf("\"runs\":[");
	for (i = 0; i < runs; i++) {
		double f = measure(one_family), c = measure(one_check);
		double a = measure(all_checked), t = measure(all_told);
		double o = measure(all_offline);

		printf("%s{\"family_ns\":%.0f,\"check_ns\":%.0f,",
		       i ? "," : "", f, c);
		printf("\"check_dump_ns\":%.0f,\"get_dump_ns\":%.0f,", a, t);
		printf("\"offline_ns\":%.0f}", o);
	}
	printf("]}\n");
	set_devices(0);
	return 0;
}
