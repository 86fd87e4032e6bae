// SPDX-License-Identifier: GPL-2.0-or-later
/* Extended acknowledgements, and what the program makes of errors. */
#include <errno.h>
#include <string.h>

#include <netlink/genl/genl.h>

#include "cli.h"
#include "kernel.h"

static struct vfiomig *ctx;
static struct nl_msg *request;

static int setup(void **state)
{
	(void)state;
	ctx = vfiomig_new();
	request = nlmsg_alloc();
	genlmsg_put(request, 0, 1, 0x20, 0, 0, VFIO_MIG_CMD_DEV_GET, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	nlmsg_free(request);
	vfiomig_free(ctx);
	return 0;
}

static uint32_t offset(const struct nlattr *nla)
{
	return (char *)nla - (char *)nlmsg_hdr(request);
}

/* The attribute that was put into the request last. */
static uint32_t last(const void *before)
{
	return (char *)before - (char *)nlmsg_hdr(request);
}

static void *here(void)
{
	return nlmsg_tail(nlmsg_hdr(request));
}

/* An answer with these members behind an error. */
static struct nl_msg *answer(int err)
{
	struct nl_msg *msg = nlmsg_alloc();

	nlmsg_put(msg, 0, 1, NLMSG_DONE, 0, NLM_F_ACK_TLVS);
	nlmsg_append(msg, &err, sizeof(err), NLMSG_ALIGNTO);
	return msg;
}

/* Takes @msg over. */
static const struct vfiomig_error *decode(int err, struct nl_msg *msg)
{
	assert_int_equal(vmig_refused(ctx, err, nlmsg_hdr(msg), sizeof(int),
				      nlmsg_hdr(request), &vmig_object_space),
			 -err);
	nlmsg_free(msg);
	return vfiomig_last_error(ctx);
}

static void test_text_alone(void **state)
{
	const struct vfiomig_error *e;
	struct nl_msg *msg = answer(-EINVAL);

	(void)state;
	nla_put_string(msg, NLMSGERR_ATTR_MSG, "because");
	e = decode(EINVAL, msg);
	assert_int_equal(e->cause, VFIOMIG_CAUSE_KERNEL);
	assert_int_equal(e->errnum, EINVAL);
	assert_string_equal(e->kernel, "because");
	assert_null(e->attribute);
}

static void test_offset(void **state)
{
	const struct vfiomig_error *e;
	struct nl_msg *msg = answer(-ENODEV);
	void *name;

	(void)state;
	nla_put_string(request, VFIO_MIG_A_OBJECT_BUS, "pci");
	name = here();
	nla_put_string(request, VFIO_MIG_A_OBJECT_NAME, "x");
	nla_put_u32(msg, NLMSGERR_ATTR_OFFS, last(name));
	e = decode(ENODEV, msg);
	assert_int_equal(e->cause, VFIOMIG_CAUSE_NOT_FOUND);
	assert_string_equal(e->attribute, "name");
	assert_false(e->attribute_missing);
	assert_null(e->kernel);
}

static void test_nested_offset(void **state)
{
	struct nlattr *outer, *inner;
	struct nl_msg *msg;
	void *minor, *odd;

	(void)state;
	outer = nla_nest_start(request, VFIO_MIG_A_OBJECT_ATTR);
	nla_put_string(request, VFIO_MIG_A_ATTR_NAME, "x");
	inner = nla_nest_start(request, VFIO_MIG_A_ATTR_VERSION);
	nla_put_u32(request, VFIO_MIG_A_VERSION_MAJOR, 1);
	minor = here();
	nla_put_u32(request, VFIO_MIG_A_VERSION_MINOR, 1);
	odd = here();
	nla_put_u32(request, 77, 1);
	nla_nest_end(request, inner);
	nla_nest_end(request, outer);

	msg = answer(-EINVAL);
	nla_put_u32(msg, NLMSGERR_ATTR_OFFS, last(minor));
	assert_string_equal(decode(EINVAL, msg)->attribute,
			    "attr.version.minor");

	msg = answer(-EINVAL);
	nla_put_u32(msg, NLMSGERR_ATTR_OFFS, last(odd));
	assert_string_equal(decode(EINVAL, msg)->attribute,
			    "attr.version.#77");

	msg = answer(-EINVAL);
	nla_put_u32(msg, NLMSGERR_ATTR_OFFS, offset(inner));
	assert_string_equal(decode(EINVAL, msg)->attribute, "attr.version");
}

static void test_missing(void **state)
{
	const struct vfiomig_error *e;
	struct nlattr *outer;
	struct nl_msg *msg;

	(void)state;
	msg = answer(-EINVAL);
	nla_put_u32(msg, NLMSGERR_ATTR_MISS_TYPE, VFIO_MIG_A_OBJECT_BUS);
	e = decode(EINVAL, msg);
	assert_string_equal(e->attribute, "bus");
	assert_true(e->attribute_missing);

	outer = nla_nest_start(request, VFIO_MIG_A_OBJECT_ATTR);
	nla_put_string(request, VFIO_MIG_A_ATTR_STRING, "x");
	nla_nest_end(request, outer);
	msg = answer(-EINVAL);
	nla_put_u32(msg, NLMSGERR_ATTR_MISS_TYPE, VFIO_MIG_A_ATTR_NAME);
	nla_put_u32(msg, NLMSGERR_ATTR_MISS_NEST, offset(outer));
	e = decode(EINVAL, msg);
	assert_string_equal(e->attribute, "attr.name");
	assert_true(e->attribute_missing);
}

/* What the kernel would never send. */
static void test_nonsense(void **state)
{
	struct nl_msg *msg;

	(void)state;
	nla_put_string(request, VFIO_MIG_A_OBJECT_BUS, "pci");

	/* in the header, and beyond the end */
	msg = answer(-EINVAL);
	nla_put_u32(msg, NLMSGERR_ATTR_OFFS, 4);
	assert_null(decode(EINVAL, msg)->attribute);
	msg = answer(-EINVAL);
	nla_put_u32(msg, NLMSGERR_ATTR_OFFS, 0x7fffffff);
	assert_null(decode(EINVAL, msg)->attribute);

	/* no number, no end of the string */
	msg = answer(-EINVAL);
	nla_put(msg, NLMSGERR_ATTR_OFFS, 2, "\1\1");
	nla_put(msg, NLMSGERR_ATTR_MSG, 3, "abc");
	assert_null(decode(EINVAL, msg)->attribute);
	assert_string_equal(vfiomig_last_error(ctx)->kernel, "abc");

	/* cut off */
	msg = answer(-EINVAL);
	nla_put_string(msg, NLMSGERR_ATTR_MSG, "because");
	nlmsg_hdr(msg)->nlmsg_len -= 6;
	assert_null(decode(EINVAL, msg)->kernel);
	msg = answer(-EINVAL);
	nlmsg_hdr(msg)->nlmsg_len = NLMSG_HDRLEN;
	assert_null(decode(EINVAL, msg)->kernel);
}

static int code_of(int errnum)
{
	struct nl_msg *msg = answer(-errnum);
	int code = exit_code(decode(errnum, msg));

	return code;
}

static void test_exit_codes(void **state)
{
	struct vfiomig_error none = { .cause = VFIOMIG_CAUSE_NONE };
	struct vfiomig_error input = { .cause = VFIOMIG_CAUSE_INPUT };
	struct vfiomig_error family = { .cause = VFIOMIG_CAUSE_FAMILY };

	(void)state;
	assert_int_equal(exit_code(&none), 0);
	assert_int_equal(exit_code(&input), 2);
	assert_int_equal(exit_code(&family), 5);
	assert_int_equal(code_of(EPERM), 6);
	assert_int_equal(code_of(EACCES), 6);
	assert_int_equal(code_of(ENODEV), 7);
	assert_int_equal(code_of(ENOENT), 7);
	assert_int_equal(code_of(EINVAL), 8);
	assert_int_equal(code_of(EOPNOTSUPP), 8);
	assert_int_equal(code_of(ENOMEM), 8);
	assert_int_equal(code_of(EMSGSIZE), 8);
	assert_int_equal(code_of(EBUSY), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text_alone),
		TEST(test_offset),
		TEST(test_nested_offset),
		TEST(test_missing),
		TEST(test_nonsense),
		TEST(test_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
