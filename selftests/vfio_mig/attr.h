/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that change what is said of a device, and what becomes of them. For
 * tests whose fixture has the members nl, mon, req and dev.
 */
#ifndef SELFTESTS_VFIO_MIG_ATTR_H
#define SELFTESTS_VFIO_MIG_ATTR_H

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

#define NOBODY		65534
#define MSG_MAX		79
#define QUIET_MS	200

/* Begins a request about the device. */
static inline void begin(struct req *req, const struct nl *nl, __u8 cmd,
			 __u32 id)
{
	__u32 nest;

	req_init(req, nl->family, cmd, 0);
	nest = req_nest(req, VFIO_MIG_A_CHANGE_TARGET);
	req_put_u32(req, VFIO_MIG_A_OBJECT_ID, id);
	req_nest_end(req, nest);
}

#define SET() begin(&self->req, &self->nl, VFIO_MIG_CMD_ATTR_SET, self->dev.id)
#define DEL() begin(&self->req, &self->nl, VFIO_MIG_CMD_ATTR_DEL, self->dev.id)

/* Begins an attribute. */
static inline __u32 named(struct req *req, const char *name)
{
	__u32 nest = req_nest(req, VFIO_MIG_A_CHANGE_ATTR);

	req_put_str(req, VFIO_MIG_A_ATTR_NAME, name);
	return nest;
}

static inline __u32 put_u64(struct req *req, const char *name, __u64 value)
{
	__u32 nest = named(req, name);

	req_put(req, VFIO_MIG_A_ATTR_U64, &value, sizeof(value));
	req_nest_end(req, nest);
	return nest;
}

static inline __u32 put_str(struct req *req, const char *name,
			    const char *value)
{
	__u32 nest = named(req, name);

	req_put_str(req, VFIO_MIG_A_ATTR_STRING, value);
	req_nest_end(req, nest);
	return nest;
}

static inline __u32 put_rule(struct req *req, const char *name, __u32 rule)
{
	__u32 nest = named(req, name);

	req_put_u32(req, VFIO_MIG_A_ATTR_RULE, rule);
	req_nest_end(req, nest);
	return nest;
}

static inline __u32 put_version(struct req *req, __u16 type, __u32 major,
				__u32 minor, __u32 patch)
{
	__u32 nest = req_nest(req, type);

	req_put_u32(req, VFIO_MIG_A_VERSION_PATCH, patch);
	req_put_u32(req, VFIO_MIG_A_VERSION_MINOR, minor);
	req_put_u32(req, VFIO_MIG_A_VERSION_MAJOR, major);
	req_nest_end(req, nest);
	return nest;
}

/* A range of numbers in a list. */
static inline __u32 put_range(struct req *req, __u16 list, __u64 min,
			      __u64 max)
{
	__u32 nest = req_nest(req, list), end;

	end = req_nest(req, VFIO_MIG_A_RANGE_MIN);
	req_put(req, VFIO_MIG_A_ATTR_U64, &min, sizeof(min));
	req_nest_end(req, end);
	end = req_nest(req, VFIO_MIG_A_RANGE_MAX);
	req_put(req, VFIO_MIG_A_ATTR_U64, &max, sizeof(max));
	req_nest_end(req, end);
	req_nest_end(req, nest);
	return nest;
}

static inline void now(struct __test_metadata *_metadata, struct nl *nl,
		       const struct obj *dev, struct obj *obj)
{
	struct obj which = { .id = dev->id };

	ASSERT_EQ(0, nl_get(nl, VFIO_MIG_CMD_DEV_GET, &which, obj, NULL));
}

static inline __u32 number(const struct obj *obj, const char *name, __u16 type)
{
	const struct nlattr *nla = obj_value(obj, name, type);
	__u32 value = NOT_TOLD;

	if (nla)
		memcpy(&value, attr_data(nla), sizeof(value));
	return value;
}

/* Whatever came before. */
static inline void drain(struct nl *mon)
{
	struct obj obj;

	while (!nl_event(mon, &obj, QUIET_MS))
		;
}

/* The request succeeds, and there is just one event, which says all. */
static inline void changes(struct __test_metadata *_metadata, struct nl *nl,
			   struct nl *mon, struct req *req, struct obj *dev)
{
	struct obj event, got;
	struct ack ack;

	ASSERT_EQ(0, nl_ack(nl, req, &ack)) {
		TH_LOG("%s at %u", ack.msg, ack.offs);
	}
	ASSERT_EQ(0, nl_event(mon, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_CHANGE_NTF, event.cmd);
	EXPECT_EQ(dev->id, event.id);
	EXPECT_GT(event.seq, dev->seq);
	EXPECT_EQ(-EAGAIN, nl_event(mon, &got, QUIET_MS));
	now(_metadata, nl, dev, &got);
	EXPECT_TRUE(obj_same(&event, &got));
	*dev = got;
}

#define CHANGES() \
	changes(_metadata, &self->nl, &self->mon, &self->req, &self->dev)

/* Nothing has happened since. */
static inline void unchanged(struct __test_metadata *_metadata, struct nl *nl,
			     struct nl *mon, const struct obj *dev)
{
	struct obj got;

	now(_metadata, nl, dev, &got);
	EXPECT_TRUE(obj_same(dev, &got));
	EXPECT_EQ(-EAGAIN, nl_event(mon, &got, QUIET_MS));
}

#define UNCHANGED() \
	unchanged(_metadata, &self->nl, &self->mon, &self->dev)

struct want {
	int err;
	const char *text;
	__u32 offs;
	__u32 miss;
};

static inline void refused(struct __test_metadata *_metadata, struct nl *nl,
			   struct req *req, const struct obj *dev,
			   const struct want *want)
{
	struct ack ack;
	struct obj got;

	EXPECT_EQ(want->err, nl_ack(nl, req, &ack));
	EXPECT_TRUE(ack.has_msg);
	EXPECT_LE(strlen(ack.msg), MSG_MAX);
	EXPECT_NE(NULL, strstr(ack.msg, want->text)) {
		TH_LOG("'%s' does not say '%s'", ack.msg, want->text);
	}
	EXPECT_EQ(want->offs, ack.offs);
	EXPECT_EQ(want->miss, ack.has_miss ? ack.miss : 0);
	now(_metadata, nl, dev, &got);
	EXPECT_TRUE(obj_same(dev, &got));
}

#define REFUSED(...) \
	refused(_metadata, &self->nl, &self->req, &self->dev, \
		&(struct want) { __VA_ARGS__ })

/* What a process without rights is told: 0 to 127. */
static inline int ask_as(struct __test_metadata *_metadata, struct req *req,
			 int (*become)(void))
{
	struct nl nl;
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (become() || nl_open(&nl))
			_exit(127);
		_exit(-nl_ack(&nl, req, NULL));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static inline int become_nobody(void)
{
	return setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY);
}

#endif
