// SPDX-License-Identifier: GPL-2.0-or-later
/* Types read from a sysfs of our own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"

static char root[32];
static struct vfiomig *ctx;

static void run(const char *format, const char *a, const char *b)
{
	char *command;

	assert_true(asprintf(&command, format, root, a, b) >= 0);
	assert_int_equal(system(command), 0);
	free(command);
}

static void make_type(const char *parent, const char *type)
{
	run("mkdir -p '%s/class/mdev_bus/%s/mdev_supported_types/%s'", parent,
	    type);
}

static void write_file(const char *path, const char *text)
{
	run("printf '%%s\\n' '%3$s' > '%1$s/class/mdev_bus/%2$s'", path, text);
}

static int setup(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/vfiomig-sysfs-XXXXXX");
	assert_non_null(mkdtemp(root));
	ctx = vfiomig_new();
	ctx->sysfs = root;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vfiomig_free(ctx);
	run("rm -rf '%s'", "", "");
	return 0;
}

static void make_tree(void)
{
	make_type("gpu", "i915-10");
	make_type("gpu", "i915-2");
	make_type("mtty", "mtty-1");
	write_file("gpu/mdev_supported_types/i915-10/device_api",
		   "vfio-pci");
	write_file("gpu/mdev_supported_types/i915-2/device_api",
		   "vfio-pci");
	write_file("gpu/mdev_supported_types/i915-2/available_instances",
		   "3");
	write_file("gpu/mdev_supported_types/i915-2/name",
		   "tab\there");
	write_file("mtty/mdev_supported_types/mtty-1/device_api", "vfio-pci");
	write_file("mtty/mdev_supported_types/mtty-1/available_instances",
		   "many");
}

static void test_dump(void **state)
{
	struct vfiomig_list *list = vfiomig_list_new();
	const struct vfiomig_attr *a;
	struct vfiomig_object *o;
	uint32_t available = 0;

	(void)state;
	make_tree();
	/* a type that is just being removed */
	make_type("mtty", "mtty-2");
	assert_int_equal(vmig_sysfs_dump(ctx, list), 0);
	assert_int_equal(vfiomig_list_len(list), 3);

	/* in the order in which a person would count */
	o = vfiomig_list_get(list, 0);
	assert_string_equal(vfiomig_object_handle(o),
			    "mdev/gpu/i915-2");
	assert_true(vfiomig_object_from_sysfs(o));
	assert_int_equal(vfiomig_object_id(o), 0);
	assert_true(vfiomig_object_available(o, &available));
	assert_int_equal(available, 3);
	assert_int_equal(vfiomig_object_attrs(o), 3);
	assert_string_equal(vfiomig_object_find(o, "device_api")->string,
			    "vfio-pci");
	assert_string_equal(vfiomig_object_find(o, "mdev.type")->string,
			    "i915-2");
	a = vfiomig_object_find(o, "mdev.name");
	assert_string_equal(a->string, "tab?here");
	assert_int_equal(a->rule, VFIO_MIG_RULE_ANY);

	o = vfiomig_list_get(list, 1);
	assert_string_equal(vfiomig_object_handle(o),
			    "mdev/gpu/i915-10");
	assert_false(vfiomig_object_available(o, &available));
	assert_null(vfiomig_object_find(o, "mdev.name"));

	/* what is no number is no number */
	o = vfiomig_list_get(list, 2);
	assert_false(vfiomig_object_available(o, &available));
	vfiomig_list_free(list);
}

static void test_kernel_knows(void **state)
{
	struct vfiomig_list *list = vfiomig_list_new();
	struct vfiomig_object *o;

	(void)state;
	make_tree();
	assert_int_equal(read_object(ctx, VFIOMIG_TYPE,
				     object(5, "mdev", "mtty", "mtty-1"), &o),
			 0);
	assert_int_equal(vfiomig_list_add(list, o), 0);
	vfiomig_object_unref(o);
	assert_int_equal(vmig_sysfs_dump(ctx, list), 0);
	assert_int_equal(vfiomig_list_len(list), 3);
	o = vfiomig_list_find(list, "mdev/mtty/mtty-1");
	assert_int_equal(vfiomig_object_id(o), 5);
	vfiomig_list_free(list);
}

static int get(const char *text)
{
	struct vfiomig_object *o = NULL;
	struct vfiomig_handle *handle;
	int err;

	assert_int_equal(vfiomig_handle_parse(ctx, text, &handle), 0);
	err = vmig_sysfs_get(ctx, handle, &o);
	if (!err)
		assert_string_equal(vfiomig_object_handle(o), text);
	vfiomig_object_unref(o);
	vfiomig_handle_free(handle);
	return err;
}

static void test_get(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(get("mdev/mtty/mtty-1"), 0);
	assert_int_equal(get("mdev/mtty/mtty-9"), -ENOENT);
	assert_int_equal(get("mdev/other/mtty-1"), -ENOENT);
	assert_int_equal(get("pci/mtty/mtty-1"), -ENOENT);
	/* not to be led astray */
	assert_int_equal(get("mdev/./mtty-1"), -ENOENT);
	assert_int_equal(get("mdev/mtty/.."), -ENOENT);
}

static void test_nothing(void **state)
{
	struct vfiomig_list *list = vfiomig_list_new();

	(void)state;
	assert_int_equal(vmig_sysfs_dump(ctx, list), 0);
	assert_int_equal(vfiomig_list_len(list), 0);
	vfiomig_list_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_dump),
		TEST(test_kernel_knows),
		TEST(test_get),
		TEST(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
