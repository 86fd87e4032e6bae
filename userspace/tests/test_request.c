// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests, and kernels that answer otherwise than one would like. */
#include <errno.h>
#include <string.h>

#include "kernel.h"

static struct vfiomig *ctx;

static int setup(void **state)
{
	kernel_reset(state);
	kernel_add(VFIOMIG_DEVICE, object(1, "pci", NULL, "a"));
	kernel_add(VFIOMIG_DEVICE, object(2, "pci", NULL, "b"));
	kernel_add(VFIOMIG_TYPE, object(3, "mdev", "p", "t"));
	ctx = vfiomig_new();
	/* none of this machine's types */
	ctx->sysfs = "/nonexistent";
	return 0;
}

static int teardown(void **state)
{
	vfiomig_free(ctx);
	return kernel_clean(state);
}

static const struct vfiomig_error *failed(int result, int err)
{
	assert_int_equal(result, -err);
	assert_int_equal(vfiomig_last_error(ctx)->errnum, err);
	return vfiomig_last_error(ctx);
}

static int dump(size_t expected)
{
	struct vfiomig_list *list = NULL;
	int err = vfiomig_dump(ctx, VFIOMIG_DEVICE, &list);

	if (err) {
		assert_null(list);
		return err;
	}
	assert_int_equal(vfiomig_list_len(list), expected);
	vfiomig_list_free(list);
	return 0;
}

static int get(const char *text)
{
	struct vfiomig_handle *handle;
	struct vfiomig_object *o = NULL;
	int err;

	assert_int_equal(vfiomig_handle_parse(ctx, text, &handle), 0);
	err = vfiomig_get(ctx, handle, &o);
	if (!err)
		assert_string_equal(vfiomig_object_handle(o), text);
	vfiomig_object_unref(o);
	vfiomig_handle_free(handle);
	return err;
}

static void test_status(void **state)
{
	struct vfiomig_status *status;

	(void)state;
	kernel.undescribed = 5;
	assert_int_equal(vfiomig_get_status(ctx, &status), 0);
	assert_true(status->instance == kernel.instance);
	assert_int_equal(status->seq, 3);
	assert_int_equal(status->devices, 2);
	assert_int_equal(status->types, 1);
	assert_true(status->has_undescribed);
	assert_int_equal(status->undescribed, 5);
	assert_int_equal(status->attrs_max, 64);
	assert_int_equal(status->profile_max, 6144);
	vfiomig_status_free(status);
}

static void test_dump(void **state)
{
	(void)state;
	assert_int_equal(dump(2), 0);
	/* one socket does for all */
	assert_int_equal(dump(2), 0);
	assert_int_equal(kernel.opened, 1);
}

static void test_get(void **state)
{
	const struct vfiomig_error *e;

	(void)state;
	assert_int_equal(get("pci/b"), 0);
	assert_int_equal(get("mdev/p/t"), 0);

	e = failed(get("pci/c"), ENODEV);
	assert_int_equal(e->cause, VFIOMIG_CAUSE_NOT_FOUND);
	assert_string_equal(e->message, "no such device");
	assert_string_equal(e->kernel,
			    "no device of this handle in this network namespace");
	assert_string_equal(e->attribute, "name");

	/* the kernel's error, not that of looking into sysfs */
	e = failed(get("mdev/p/x"), ENODEV);
	assert_string_equal(e->message, "no such type");
	assert_non_null(e->kernel);
}

static void test_no_family(void **state)
{
	const struct vfiomig_error *e;
	struct vfiomig_status *status;

	(void)state;
	kernel_unload();
	e = failed(vfiomig_get_status(ctx, &status), ENOENT);
	assert_int_equal(e->cause, VFIOMIG_CAUSE_FAMILY);
	assert_non_null(strstr(e->message, "modprobe vfio_mig"));
	assert_non_null(strstr(e->message, "network namespace"));

	/* it is looked for again each time */
	kernel_load();
	assert_int_equal(dump(0), 0);
}

/* Another number of the family is no device that does not exist. */
static void test_loaded_anew(void **state)
{
	(void)state;
	assert_int_equal(dump(2), 0);
	kernel_unload();
	assert_int_equal(failed(get("pci/a"), ENOENT)->cause,
			 VFIOMIG_CAUSE_FAMILY);
	kernel_load();
	assert_int_equal(dump(0), 0);
	kernel_unload();
	kernel_load();
	kernel_add(VFIOMIG_DEVICE, object(1, "pci", NULL, "a"));
	assert_int_equal(get("pci/a"), 0);
	kernel_unload();
	kernel_load();
	assert_int_equal(failed(get("pci/a"), ENODEV)->cause,
			 VFIOMIG_CAUSE_NOT_FOUND);
}

static void test_interrupted(void **state)
{
	(void)state;
	kernel.interrupt = 3;
	assert_int_equal(dump(2), 0);
	assert_int_equal(kernel.interrupt, 0);
}

static void test_never_still(void **state)
{
	const struct vfiomig_error *e;

	(void)state;
	kernel.interrupt = 1000;
	e = failed(dump(2), EAGAIN);
	assert_int_equal(e->cause, VFIOMIG_CAUSE_KERNEL);
	assert_int_equal(kernel.interrupt, 990);
}

/* A list that ends in an error is not a short list. */
static void test_error_at_the_end(void **state)
{
	const struct vfiomig_error *e;

	(void)state;
	kernel.refusal = (struct refusal) {
		.cmd = VFIO_MIG_CMD_DEV_GET, .err = EMSGSIZE,
		.text = "does not fit", .done = true
	};
	e = failed(dump(2), EMSGSIZE);
	assert_int_equal(e->cause, VFIOMIG_CAUSE_KERNEL);
	assert_string_equal(e->kernel, "does not fit");

	/* and the context can still be used */
	kernel.refusal.done = false;
	kernel.refusal.cmd = 0;
	assert_int_equal(dump(2), 0);
}

static void test_refused(void **state)
{
	const struct vfiomig_error *e;

	(void)state;
	kernel.refusal = (struct refusal) {
		.cmd = VFIO_MIG_CMD_DEV_GET, .err = EPERM,
	};
	e = failed(dump(2), EPERM);
	assert_int_equal(e->cause, VFIOMIG_CAUSE_PERMISSION);
	assert_null(e->kernel);

	kernel.refusal.err = EINVAL;
	kernel.refusal.miss_type = VFIO_MIG_A_OBJECT_ID;
	kernel.refusal.text = "name a device by its id, or by bus and name";
	e = failed(get("pci/a"), EINVAL);
	assert_string_equal(e->attribute, "id");
	assert_true(e->attribute_missing);

	kernel.refusal = (struct refusal) {
		.cmd = VFIO_MIG_CMD_DEV_GET, .err = EOPNOTSUPP,
	};
	e = failed(get("pci/a"), EOPNOTSUPP);
	assert_non_null(strstr(e->message, "does not know"));
}

static void test_cut_off(void **state)
{
	(void)state;
	assert_int_equal(dump(2), 0);
	for (int i = 1; i < 40; i++) {
		kernel.truncate = i;
		failed(get("pci/a"), EBADMSG);
	}
	assert_int_equal(get("pci/a"), 0);
}

/* Nothing that is open is left open. */
static void test_sockets(void **state)
{
	(void)state;
	kernel.refusal = (struct refusal) {
		.cmd = VFIO_MIG_CMD_DEV_GET, .err = EINVAL,
	};
	for (int i = 0; i < 5; i++)
		failed(dump(2), EINVAL);
	assert_true(kernel.opened <= 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_status),
		TEST(test_dump),
		TEST(test_get),
		TEST(test_no_family),
		TEST(test_loaded_anew),
		TEST(test_interrupted),
		TEST(test_never_still),
		TEST(test_error_at_the_end),
		TEST(test_refused),
		TEST(test_cut_off),
		TEST(test_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
