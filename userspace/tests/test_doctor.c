// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor, with machines of our own: what it sees, and what it says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cli.h"
#include "kernel.h"

#define MLX5 "pci/0000:05:00.1"
#define NVME "pci/0000:03:00.1"
#define MDEV "mdev/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

/* Where the machine is, and its sysfs. */
static char root[32], sysfs[40];
static struct vfiomig *ctx;

static struct vfiomig_diagnosis *found;
static size_t n_found;

/*
 * What the shell makes machines with. A pci device has an address, vendor,
 * device, and perhaps a driver and the number of its VFIO device.
 */
static const char prelude[] =
	"set -e\n"
	"release=$(uname -r)\n"
	"modules=lib/modules/$release\n"
	"alias=$modules/modules.alias\n"
	"config=boot/config-$release\n"
	"bdfs=sys/bus/pci/devices\n"
	"group() {\n"
	"	mkdir -p sys/kernel/iommu_groups/$2\n"
	"	ln -sfn ../../../../kernel/iommu_groups/$2 $1/iommu_group\n"
	"}\n"
	"drive() {\n"
	"	mkdir -p $1/../../drivers/$2\n"
	"	ln -sfn ../../drivers/$2 $1/driver\n"
	"}\n"
	"vfio() {\n"
	"	mkdir -p $1/vfio-dev/vfio$2 sys/class/vfio-dev/vfio$2\n"
	"	ln -sfn ../../../${1#sys/} sys/class/vfio-dev/vfio$2/device\n"
	"}\n"
	"pci() {\n"
	"	dir=$bdfs/$1\n"
	"	mkdir -p $dir\n"
	"	ln -sfn ../../../pci $dir/subsystem\n"
	"	ln -sfn ../0000:00:01.0 $dir/physfn\n"
	"	echo 0x$2 > $dir/vendor\n"
	"	echo 0x$3 > $dir/device\n"
	"	printf 'pci:v0000%sd0000%ssv00001AF4sd00001100bc02sc00i00\\n' \\\n"
	"		$(echo $2 $3 | tr a-f A-F) > $dir/modalias\n"
	"	group $dir 7\n"
	"	[ -z \"$4\" ] || drive $dir $4\n"
	"	[ -z \"$5\" ] || vfio $dir $5\n"
	"}\n"
	"mdev() {\n"
	"	dir=sys/bus/mdev/devices/$1\n"
	"	mkdir -p $dir\n"
	"	ln -sfn ../../../mdev $dir/subsystem\n"
	"	[ -z \"$2\" ] || drive $dir $2\n"
	"	[ -z \"$3\" ] || vfio $dir $3\n"
	"}\n"
	"type() {\n"
	"	dir=sys/class/mdev_bus/$1/mdev_supported_types/$2\n"
	"	mkdir -p $dir\n"
	"	echo vfio-pci > $dir/device_api\n"
	"	echo $3 > $dir/available_instances\n"
	"}\n"
	/* as much as every machine has */
	"mkdir -p sys/class/iommu/dmar0 $modules boot proc/sys/net/core\n"
	"mkdir -p sys/bus/pci/devices sys/kernel/iommu_groups\n"
	"touch proc/sys/net/core/netdev_budget\n"
	"away() { rm proc/sys/net/core/netdev_budget; }\n"
	"echo quiet intel_iommu=on > proc/cmdline\n"
	"[ -e $alias ] ||\n"
	"	echo 'alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci' > $alias\n";

/* Changes the machine. */
static void machine(const char *script)
{
	char *command;

	assert_true(asprintf(&command, "cd '%s'\n%s%s", root, prelude,
			     script) > 0);
	if (system(command))
		fail_msg("%s", script);
	free(command);
}

static const char mlx5_alias[] =
	"echo 'alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci' \\\n"
	"	>> $alias\n";

static void forget(void)
{
	vfiomig_diagnoses_free(found, n_found);
	found = NULL;
	n_found = 0;
}

static int setup(void **state)
{
	kernel_reset(state);
	kernel_unload();
	snprintf(root, sizeof(root), "/tmp/vfiomig-doctor-XXXXXX");
	assert_non_null(mkdtemp(root));
	snprintf(sysfs, sizeof(sysfs), "%s/sys", root);
	ctx = vfiomig_new();
	ctx->sysfs = sysfs;
	ctx->root = root;
	machine("");
	return 0;
}

static int teardown(void **state)
{
	char *command;

	forget();
	vfiomig_free(ctx);
	assert_true(asprintf(&command, "rm -rf '%s'", root) > 0);
	assert_int_equal(system(command), 0);
	free(command);
	return kernel_clean(state);
}

static int diagnose(const char *text)
{
	struct vfiomig_handle *handle = NULL;
	int err;

	forget();
	if (text)
		assert_int_equal(vfiomig_handle_parse(ctx, text, &handle), 0);
	err = vfiomig_diagnose(ctx, handle, &found, &n_found);
	vfiomig_handle_free(handle);
	return err;
}

static const struct vfiomig_diagnosis *diagnosis_of(const char *handle)
{
	for (size_t i = 0; i < n_found; i++)
		if (!strcmp(found[i].handle ? found[i].handle : "host", handle))
			return &found[i];

	fail_msg("%s was not examined", handle);
	return NULL;
}

/* What was found in one, by name and severity. */
static void is_found(const char *handle, const char *expected)
{
	const struct vfiomig_diagnosis *d = diagnosis_of(handle);
	char list[512] = "";

	for (size_t i = 0; i < d->n_obstacles; i++) {
		const struct vfiomig_obstacle *o = &d->obstacles[i];
		size_t len = strlen(list);

		snprintf(list + len, sizeof(list) - len, "%s%s:%s%s",
			 len ? " " : "", o->check,
			 vfiomig_severity_name(o->severity),
			 o->of_host ? ":host" : "");
	}
	assert_string_equal(list, expected);
}

/* One alone is examined. */
static void finds(const char *handle, const char *expected)
{
	assert_int_equal(diagnose(handle), 0);
	assert_int_equal(n_found, 2);
	is_found(handle, expected);
}

/* What a check tells: the machine's root is not part of it. */
static void tells(const char *handle, const char *check, const char *seen,
		  const char *where, const char *remedy)
{
	const struct vfiomig_diagnosis *d = diagnosis_of(handle);
	const struct vfiomig_obstacle *o = NULL;

	for (size_t i = 0; i < d->n_obstacles; i++)
		if (!strcmp(d->obstacles[i].check, check))
			o = &d->obstacles[i];
	if (!o)
		fail_msg("no %s", check);
	assert_string_equal(o->seen, seen);
	assert_true(*o->means);
	if (strstr(o->where, root) == o->where)
		assert_string_equal(o->where + strlen(root), where);
	else
		assert_string_equal(o->where, where);
	if (!strstr(o->remedy, remedy))
		fail_msg("no \"%s\" in \"%s\"", remedy, o->remedy);
}

/* A path in which this kernel's release stands. */
static const char *in_release(const char *before, const char *behind)
{
	static char path[1024];
	struct utsname uts;

	uname(&uts);
	snprintf(path, sizeof(path), "%s%s%s", before, uts.release, behind);
	return path;
}

static const char *alias_file(void)
{
	return in_release("/lib/modules/", "/modules.alias");
}

/* The kernel module tells of a device; a NULL as driver: of a type. */
static void told(const char *bus, const char *parent, const char *name,
		 bool migrates, uint8_t flags, bool dirty, bool declared)
{
	static uint32_t id = 100;
	struct nl_msg *msg = object(++id, bus, parent, name);
	uint8_t bits[9] = { flags, [8] = dirty };
	struct nlattr *nest;

	if (!kernel.family)
		kernel_load();
	add_string(msg, "device_api", "vfio-pci");
	add_bool(msg, "declared", declared);
	add_bool(msg, "migratable", migrates);
	nest = attr_begin(msg, "migration");
	nla_put(msg, VFIO_MIG_A_ATTR_BITS, dirty ? sizeof(bits) : !!flags,
		bits);
	attr_end(msg, nest, VFIO_MIG_RULE_ANY, VFIO_MIG_SEVERITY_INFO,
		 VFIO_MIG_SEVERITY_INFO);
	kernel_add(parent ? VFIOMIG_TYPE : VFIOMIG_DEVICE, msg);
}

#define STOP_COPY	1
#define P2P		2

/* ------------------------------------------------------------------ iommu */

static void test_no_iommu(void **state)
{
	(void)state;
	machine("pci 0000:03:00.1 1b36 0010\nrm $dir/iommu_group\n"
		"rmdir sys/class/iommu/dmar0");
	finds(NVME,
	      "iommu:fail:host binding:undecided variant:fail module:undecided:host");
	tells(NVME, "iommu", "no IOMMU is at work", "/sys/class/iommu",
	      "in the firmware's setup");
	is_found("host", "iommu:fail:host module:undecided:host");
}

static void bare_iommu(const char *more)
{
	char *script;

	assert_true(asprintf(&script,
			     "pci 0000:03:00.1 1b36 0010\nrm -f $dir/iommu_group\nrmdir sys/class/iommu/dmar0\n%s",
			     more) > 0);
	machine(script);
	free(script);
	assert_int_equal(diagnose(NVME), 0);
}

static void test_no_iommu_why(void **state)
{
	(void)state;
	bare_iommu("mkdir -p sys/firmware/acpi/tables\n"
		   "touch sys/firmware/acpi/tables/DMAR");
	tells(NVME, "iommu", "no IOMMU is at work", "/sys/class/iommu",
	      "put intel_iommu=on on");
	bare_iommu("cd sys/firmware/acpi/tables; mv DMAR IVRS");
	tells(NVME, "iommu", "no IOMMU is at work", "/sys/class/iommu",
	      "grep AMD-Vi");
	bare_iommu("echo quiet amd_iommu=off splash > proc/cmdline");
	tells(NVME, "iommu", "the IOMMU is switched off: amd_iommu=off",
	      "/proc/cmdline", "take amd_iommu=off from");
	/* a word that only begins so is another one */
	bare_iommu("echo amd_iommu=offish > proc/cmdline");
	tells(NVME, "iommu", "no IOMMU is at work", "/sys/class/iommu", "");
}

static void test_group(void **state)
{
	(void)state;
	machine("pci 0000:03:00.1 1b36 0010 vfio-pci 0\nrm $dir/iommu_group");
	finds(NVME, "iommu:fail variant:fail module:undecided:host");
	tells(NVME, "iommu", "it is in no IOMMU group, though others are",
	      "/sys/bus/pci/devices/0000:03:00.1/iommu_group",
	      "grep 0000:03:00.1");

	machine("group $bdfs/0000:03:00.1 3\n"
		"echo vfio-noiommu > sys/kernel/iommu_groups/3/name");
	finds(NVME, "iommu:fail variant:fail module:undecided:host");
	tells(NVME, "iommu",
	      "it is in a group without an IOMMU (vfio-noiommu)",
	      "/sys/kernel/iommu_groups/3/name", "enable_unsafe_noiommu_mode");

	/* somebody else's IOMMU, which is in no class */
	machine("rmdir sys/class/iommu/dmar0\n"
		"rm sys/kernel/iommu_groups/3/name");
	finds(NVME, "variant:fail module:undecided:host");
}

/* --------------------------------------------------------- binding, variant */

static void test_binding(void **state)
{
	(void)state;
	machine("pci 0000:03:00.1 1b36 0010");
	finds(NVME, "binding:undecided variant:fail module:undecided:host");
	tells(NVME, "binding", "no driver is bound to it",
	      "/sys/bus/pci/devices/0000:03:00.1/driver",
	      "nothing if libvirt does it; else modprobe vfio_pci; echo vfio-pci > ");
	tells(NVME, "variant",
	      "no VFIO driver but vfio-pci is for it (1b36:0010)",
	      alias_file(), "ask its maker");

	machine("drive $bdfs/0000:03:00.1 nvme");
	finds(NVME, "binding:undecided variant:fail module:undecided:host");
	assert_string_equal(diagnosis_of(NVME)->driver, "nvme");
	tells(NVME, "binding",
	      "the driver nvme is bound to it, which is no VFIO driver",
	      "/sys/bus/pci/devices/0000:03:00.1/driver",
	      "/driver/unbind; echo 0000:03:00.1 > ");

	/* what would be bound may migrate it */
	machine(mlx5_alias);
	machine("pci 0000:05:00.1 15b3 101e mlx5_core");
	finds(MLX5, "binding:undecided module:undecided:host");
	tells(MLX5, "binding",
	      "the driver mlx5_core is bound to it, which is no VFIO driver",
	      "/sys/bus/pci/devices/0000:05:00.1/driver",
	      "echo mlx5_vfio_pci > ");
}

static void test_no_pci(void **state)
{
	(void)state;
	machine("mkdir -p sys/bus/platform/devices/fff51000.eth\n"
		"group sys/bus/platform/devices/fff51000.eth 1");
	finds("platform/fff51000.eth",
	      "binding:undecided module:undecided:host");
	tells("platform/fff51000.eth", "binding", "no driver is bound to it",
	      "/sys/bus/platform/devices/fff51000.eth/driver",
	      "bind it to its VFIO driver");
}

static void test_better_driver(void **state)
{
	(void)state;
	machine("pci 0000:05:00.1 15b3 101e vfio-pci 0");
	machine(mlx5_alias);
	/* one that fits with more wildcards, and one that does not fit */
	machine("cat >> $alias <<EOF\n"
		"alias vfio_pci:v000015B3d*sv*sd*bc*sc*i* other\n"
		"alias vfio_pci:v000015B3d0000101Fsv00001AF4sd*bc*sc*i* wrong\n"
		"alias pci:v000015B3d0000101Esv00001AF4sd*bc*sc*i* mlx5_core\n"
		"alias\nalias vfio_pci:\n"
		"EOF\n");
	finds(MLX5, "variant:fail module:undecided:host");
	tells(MLX5, "variant",
	      "vfio-pci is bound to it, though mlx5_vfio_pci is made for it (15b3:101e)",
	      alias_file(),
	      "modprobe mlx5_vfio_pci; echo mlx5_vfio_pci > ");
	tells(MLX5, "variant",
	      "vfio-pci is bound to it, though mlx5_vfio_pci is made for it (15b3:101e)",
	      alias_file(), "libvirt 10.0");

	/* a driver whose name is not its module's */
	machine("mkdir -p sys/bus/pci/drivers/mlx5-vfio-pci");
	assert_int_equal(diagnose(MLX5), 0);
	tells(MLX5, "variant",
	      "vfio-pci is bound to it, though mlx5_vfio_pci is made for it (15b3:101e)",
	      alias_file(), "; echo mlx5-vfio-pci > ");
}

/* What this kernel does not offer, another one does. */
static void missing(const char *config, const char *why, const char *remedy)
{
	char *seen, *script;

	assert_true(asprintf(&script, "printf '%s' > $config", config) > 0);
	machine(script);
	finds(MLX5, "variant:fail module:undecided:host");
	assert_true(asprintf(&seen,
			     "mlx5_vfio_pci is made for it (15b3:101e), but %s",
			     why) > 0);
	tells(MLX5, "variant", seen, in_release("/boot/config-", ""), remedy);
	free(seen);
	free(script);
}

static void test_missing_driver(void **state)
{
	(void)state;
	machine("pci 0000:05:00.1 15b3 101e vfio-pci 0");
	assert_int_equal(diagnose(MLX5), 0);
	tells(MLX5, "variant",
	      "mlx5_vfio_pci is made for it (15b3:101e), but whether this kernel was built with it cannot be seen",
	      in_release("/boot/config-", ""), "CONFIG_MLX5_VFIO_PCI=m");
	missing("CONFIG_PCI=y\\n# CONFIG_MLX5_VFIO_PCI is not set\\n",
		"this kernel was built without it",
		"take a kernel that was built with CONFIG_MLX5_VFIO_PCI=m");
	missing("CONFIG_PCI=y\\nCONFIG_MLX5_VFIO_PCI_X=m\\n",
		"this kernel has it not yet, or not here",
		"take a newer kernel");
	missing("CONFIG_MLX5_VFIO_PCI=m\\n",
		"it is not installed",
		"install the package that has the rest");
	missing("CONFIG_MLX5_VFIO_PCI=y\\n",
		"it is built in, where no alias tells of it",
		"<driver model='mlx5_vfio_pci'/>");

	/* where other distributions have it */
	machine("mv $config $modules/config");
	assert_int_equal(diagnose(MLX5), 0);
	tells(MLX5, "variant",
	      "mlx5_vfio_pci is made for it (15b3:101e), but it is built in, where no alias tells of it",
	      in_release("/lib/modules/", "/config"), "");
}

static void test_no_aliases(void **state)
{
	(void)state;
	machine("pci 0000:03:00.1 1b36 0010 vfio-pci 0");
	machine("rm $alias; mkdir $alias");
	finds(NVME,
	      "variant:undecided migration:undecided module:undecided:host");
	tells(NVME, "variant",
	      "the kernel's VFIO drivers are not known: Is a directory",
	      alias_file(), "depmod");
}

/* -------------------------------------------------------------- migration */

#define VARIANT "pci 0000:05:00.1 15b3 101e mlx5_vfio_pci 0\n"
#define DEBUGFS "d=sys/kernel/debug/vfio/0000:05:00.1\nmkdir -p $d\n"

static void test_migration_is_not_known(void **state)
{
	(void)state;
	machine(VARIANT);
	finds(MLX5, "migration:undecided module:undecided:host");
	tells(MLX5, "migration",
	      "whether mlx5_vfio_pci migrates it cannot be seen",
	      "/sys/kernel/debug/vfio/0000:05:00.1/migration",
	      "CONFIG_VFIO_DEBUGFS");
}

static void test_debugfs(void **state)
{
	(void)state;
	/* no migration */
	machine(VARIANT DEBUGFS);
	finds(MLX5, "migration:fail module:undecided:host");
	tells(MLX5, "migration",
	      "the driver mlx5_vfio_pci does not migrate it",
	      "/sys/kernel/debug/vfio/0000:05:00.1/migration",
	      "devlink port function set PORT migratable enable");

	/* before Linux 6.18 there is nothing but the state */
	machine(DEBUGFS "mkdir $d/migration\n"
		"echo RUNNING > $d/migration/state");
	finds(MLX5, "module:undecided:host");

	machine(DEBUGFS "printf 'stop-copy\\np2p\\n' > $d/migration/features");
	finds(MLX5, "dirty-tracking:undecided module:undecided:host");
	tells(MLX5, "dirty-tracking",
	      "it does not track which memory it has written to",
	      "/sys/kernel/debug/vfio/0000:05:00.1/migration/features",
	      "by iommufd, with an IOMMU that tracks dirty pages; or set");
	machine(DEBUGFS "printf 'stop-copy\\npre-copy\\ndirty-tracking\\n' \\\n"
		"	> $d/migration/features");
	finds(MLX5, "p2p:info module:undecided:host");
	tells(MLX5, "p2p",
	      "it cannot be kept from speaking to other devices (no P2P)",
	      "/sys/kernel/debug/vfio/0000:05:00.1/migration/features",
	      "no other VFIO device");
	machine(DEBUGFS "printf 'p2p\\n' > $d/migration/features");
	finds(MLX5, "migration:fail module:undecided:host");
}

static void test_debugfs_is_roots(void **state)
{
	(void)state;
	if (geteuid() == 0 && seteuid(65534))
		skip();
	assert_int_equal(seteuid(0), 0);
	machine(VARIANT DEBUGFS "chmod 700 $d/..; chmod 755 .");
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(diagnose(MLX5), 0);
	assert_int_equal(seteuid(0), 0);
	is_found(MLX5, "migration:undecided module:undecided:host");
	tells(MLX5, "migration",
	      "whether mlx5_vfio_pci migrates it cannot be seen",
	      "/sys/kernel/debug/vfio/0000:05:00.1/migration",
	      "look as root");
}

/* What the module tells is as good, and goes first. */
static void test_told(void **state)
{
	(void)state;
	machine(VARIANT DEBUGFS);
	told("pci", NULL, "0000:05:00.1", true, STOP_COPY | P2P, true, true);
	finds(MLX5, "");
	is_found("host", "");
	kernel_unload();
	told("pci", NULL, "0000:05:00.1", true, STOP_COPY, false, true);
	finds(MLX5, "dirty-tracking:undecided p2p:info");
	tells(MLX5, "p2p",
	      "it cannot be kept from speaking to other devices (no P2P)",
	      "vfio_mig, attribute migratable", "");
	kernel_unload();
	told("pci", NULL, "0000:05:00.1", false, 0, false, false);
	finds(MLX5, "migration:fail");
	tells(MLX5, "migration",
	      "the driver mlx5_vfio_pci does not migrate it",
	      "vfio_mig, attribute migratable", "devlink");
}

/* ------------------------------------------- module, namespace, provider */

static void test_provider(void **state)
{
	struct nlattr *nest;
	struct nl_msg *msg;

	(void)state;
	machine("mdev 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 mtty 3");
	told("mdev", NULL, MDEV + 5, true, STOP_COPY | P2P, true, false);
	finds(MDEV, "provider:undecided");
	tells(MDEV, "provider",
	      "nobody has declared what it accepts: its driver has no provider",
	      "vfio_mig, attribute declared",
	      "vfiomig dev attr set " MDEV " declared rule any");

	/* somebody has vouched for it */
	kernel_unload();
	kernel_load();
	msg = object(9, "mdev", NULL, MDEV + 5);
	add_bool(msg, "migratable", true);
	nest = attr_begin(msg, "declared");
	nla_put_u8(msg, VFIO_MIG_A_ATTR_BOOL, false);
	attr_end(msg, nest, VFIO_MIG_RULE_ANY, VFIO_MIG_SEVERITY_UNDECIDED,
		 VFIO_MIG_SEVERITY_UNDECIDED);
	kernel_add(VFIOMIG_DEVICE, msg);
	finds(MDEV, "");
}

static void test_module(void **state)
{
	(void)state;
	machine(VARIANT);
	assert_int_equal(diagnose(MLX5), 0);
	tells(MLX5, "module", "the module vfio_mig is not loaded",
	      "/sys/module/vfio_mig", "modprobe vfio_mig");
	machine("mkdir -p sys/module/vfio_mig");
	assert_int_equal(diagnose(NULL), 0);
	is_found(MLX5, "migration:undecided module:undecided:host");
	for (size_t i = 0; i < found[0].n_obstacles; i++)
		assert_int_equal(strncmp(found[0].obstacles[i].seen,
					 "the module vfio_mig does not answer: ",
					 37), 0);

	kernel_load();
	kernel.refusal.cmd = VFIO_MIG_CMD_DEV_GET;
	kernel.refusal.err = EPERM;
	finds(MLX5, "migration:undecided module:undecided:host");
	kernel.refusal.err = ENOMEM;
	finds(MLX5, "migration:undecided module:undecided:host");
}

static void test_namespace(void **state)
{
	(void)state;
	machine(VARIANT);
	machine("type gpu big 2");
	kernel_load();
	finds(MLX5, "migration:undecided namespace:undecided");
	tells(MLX5, "namespace",
	      "it is not told of in this network namespace",
	      "/proc/self/ns/net", "vfiomig dev set " MLX5 " netns PID");
	finds("mdev/gpu/big", "");

	/* types stay at home */
	machine("away");
	finds("mdev/gpu/big", "namespace:undecided");
	tells("mdev/gpu/big", "namespace",
	      "types are not told of in this network namespace",
	      "/proc/self/ns/net", "look from there");
}

/* ------------------------------------------------------------------ types */

static void test_types(void **state)
{
	(void)state;
	machine("type gpu big 0\ntype gpu small 2");
	finds("mdev/gpu/big", "instances:fail module:undecided:host");
	tells("mdev/gpu/big", "instances",
	      "no device of this type can be created: 0 are left",
	      "/sys/class/mdev_bus/gpu/mdev_supported_types/big/available_instances",
	      "remove a device of gpu");
	finds("mdev/gpu/small", "module:undecided:host");

	told("mdev", "gpu", "big", true, STOP_COPY, true, false);
	finds("mdev/gpu/big", "instances:fail provider:undecided");
	tells("mdev/gpu/big", "provider",
	      "nobody has declared what it accepts: its driver has no provider",
	      "vfio_mig, attribute declared", "load a provider");
	told("mdev", "gpu", "small", false, 0, false, false);
	finds("mdev/gpu/small", "migration:fail");
}

/* ----------------------------------------------------------- who is there */

static void test_all(void **state)
{
	(void)state;
	machine("pci 0000:03:00.1 1b36 0010 vfio-pci 0\n"
		"pci 0000:03:00.2 1b36 0010\n"
		"pci 0000:03:00.10 1b36 0010 nvme\n"
		"mdev 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 mtty 3\n"
		"mdev 83b8f4f2-509f-382f-3c1e-e6bfe0fa1000\n"
		"type mtty mtty-1 24\n");
	/* no virtual function, with a driver and without */
	machine(mlx5_alias);
	machine("pci 0000:00:01.0 1af4 1000 virtio-pci\nrm $dir/physfn\n"
		"pci 0000:00:02.0 15b3 101e mlx5_core\nrm $dir/physfn");
	/* somebody whom sysfs does not know, and somebody whom it does */
	told("sim", NULL, "sim0", true, STOP_COPY | P2P, true, true);
	told("pci", NULL, "0000:03:00.1", false, 0, false, false);
	assert_int_equal(diagnose(NULL), 0);
	assert_int_equal(n_found, 9);
	assert_null(found[0].handle);
	assert_int_equal(found[0].kind, 0);
	assert_string_equal(found[1].handle,
			    "mdev/83b8f4f2-509f-382f-3c1e-e6bfe0fa1000");
	assert_string_equal(found[2].handle, MDEV);
	assert_string_equal(found[3].handle, "pci/0000:00:02.0");
	assert_string_equal(found[4].handle, NVME);
	assert_string_equal(found[5].handle, "pci/0000:03:00.2");
	assert_string_equal(found[6].handle, "pci/0000:03:00.10");
	assert_string_equal(found[7].handle, "sim/sim0");
	assert_string_equal(found[8].handle, "mdev/mtty/mtty-1");
	assert_int_equal(found[8].kind, VFIOMIG_TYPE);

	is_found("host", "");
	is_found(NVME, "variant:fail");
	is_found("pci/0000:03:00.2", "binding:undecided variant:fail");
	is_found("mdev/83b8f4f2-509f-382f-3c1e-e6bfe0fa1000",
		 "binding:undecided");
	is_found(MDEV, "migration:undecided namespace:undecided");
	is_found("sim/sim0", "");
	assert_string_equal(diagnosis_of(NVME)->driver, "vfio-pci");
	assert_null(diagnosis_of("pci/0000:03:00.2")->driver);
}

/* Mediated devices need no IOMMU: where there are no others nobody lacks it. */
static void test_mdevs_alone(void **state)
{
	(void)state;
	machine("mdev 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 mtty 3\n"
		"rmdir sys/class/iommu/dmar0");
	told("mdev", NULL, MDEV + 5, true, STOP_COPY | P2P, true, true);
	assert_int_equal(diagnose(NULL), 0);
	assert_int_equal(n_found, 2);
	is_found("host", "");
	is_found(MDEV, "");
}

static void not_there(const char *handle)
{
	const struct vfiomig_error *e;

	assert_int_equal(diagnose(handle), -ENODEV);
	e = vfiomig_last_error(ctx);
	assert_int_equal(e->cause, VFIOMIG_CAUSE_NOT_FOUND);
	assert_true(strstr(e->message, "no such "));
}

static void test_not_there(void **state)
{
	static const char * const handles[] = {
		"pci/0000:99:00.0", "mdev/p/t", "../devices", "pci/..",
		"mdev/../t", "none/x",
	};

	(void)state;
	machine("mkdir -p sys/devices/devices sys/bus/devices/devices");
	for (size_t i = 0; i < sizeof(handles) / sizeof(*handles); i++)
		not_there(handles[i]);
	kernel_load();
	for (size_t i = 0; i < sizeof(handles) / sizeof(*handles); i++)
		not_there(handles[i]);
}

/* ------------------------------------------------------------ the command */

static char *output;

/* Runs it with such a machine; in what it prints, the root is left out. */
static int doctor(struct cli *cli, const char *word)
{
	char *words[2], *raw, *to;
	FILE *saved = stdout;
	size_t size;
	int rc, used;

	words[0] = "doctor";
	words[1] = (char *)word;
	cli->lib = ctx;
	cli->command = command_find(1, words, &used);
	cli->argc = !!word;
	cli->argv = words + 1;
	stdout = open_memstream(&raw, &size);
	rc = cli->command->run(cli);
	fclose(stdout);
	stdout = saved;

	free(output);
	output = calloc(1, size + 1);
	to = output;
	for (const char *from = raw; *from;) {
		if (strncmp(from, root, strlen(root)))
			*to++ = *from++;
		else
			from += strlen(root);
	}
	free(raw);
	return rc;
}

static void free_text(void)
{
	free(output);
	output = NULL;
}

static void test_text(void **state)
{
	struct cli cli = { 0 };

	(void)state;
	machine("mdev 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 mtty 3");
	told("mdev", NULL, MDEV + 5, true, STOP_COPY, true, false);
	assert_int_equal(doctor(&cli, MDEV), 4);
	assert_string_equal(output,
			    MDEV " (mtty)\n"
			    "1. info: it cannot be kept from speaking to other devices (no P2P)\n"
			    "   where  vfio_mig, attribute migratable\n"
			    "   means  QEMU migrates it only as the single VFIO device of a virtual machine\n"
			    "   do     give the virtual machine no other VFIO device\n"
			    "2. undecided: nobody has declared what it accepts: its driver has no provider\n"
			    "   where  vfio_mig, attribute declared\n"
			    "   means  a check says \"undecided\" at best: only the migration itself will tell\n"
			    "   do     load a provider for its driver; or try it out, and say so: vfiomig dev attr set mdev/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 declared rule any\n");

	machine("type gpu big 0");
	assert_int_equal(doctor(&cli, NULL), 1);
	assert_string_equal(output,
			    "DEVICE OR TYPE                             DRIVER  WORST      WHAT WAS SEEN\n"
			    "mdev/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001  mtty    undecided  nobody has declared what it accepts: its driver has no provider\n"
			    "mdev/gpu/big                               -       fail       no device of this type can be created: 0 are left\n");

	cli.verbose = true;
	assert_int_equal(doctor(&cli, NULL), 1);
	assert_ptr_equal(strstr(output,
				"this host: nothing is in the way\n\n" MDEV
				" (mtty)\n1. info: "), output);
	free_text();
}

/* A limit that one can live with is in nobody's way. */
static void test_codes(void **state)
{
	struct cli cli = { 0 };

	(void)state;
	machine(VARIANT);
	told("pci", NULL, "0000:05:00.1", true, STOP_COPY, true, true);
	assert_int_equal(doctor(&cli, "0000:05:00.1"), 0);
	assert_int_equal(doctor(&cli, "05:00.1"), 0);
	assert_int_equal(doctor(&cli, MLX5), 0);
	assert_int_equal(doctor(&cli, NULL), 0);
	machine("pci 0000:0a:00.1 1b36 0010 vfio-pci 0");
	assert_int_equal(doctor(&cli, "0A:00.1"), 1);
	assert_int_equal(doctor(&cli, NULL), 1);
	cli.json = true;
	assert_int_equal(doctor(&cli, "00000:05:00.1"), 7);
	assert_int_equal(doctor(&cli, "05:00.8"), 2);
	assert_int_equal(doctor(&cli, "5:00.1"), 2);
	assert_int_equal(doctor(&cli, "zz:00.1"), 2);
	free_text();
}

/* A machine without anything: the host speaks for itself. */
static void test_nobody(void **state)
{
	struct cli cli = { 0 };

	(void)state;
	assert_int_equal(doctor(&cli, NULL), 4);
	assert_string_equal(output,
			    "DEVICE OR TYPE  DRIVER  WORST      WHAT WAS SEEN\n"
			    "this host       -       undecided  the module vfio_mig is not loaded\n");
	kernel_load();
	assert_int_equal(doctor(&cli, NULL), 0);
	assert_string_equal(output,
			    "DEVICE OR TYPE  DRIVER  WORST  WHAT WAS SEEN\n"
			    "this host       -       ok     -\n");
	free_text();
}

/* This kernel's release stands between the two. */
static void is_text(const char *text, const char *before, const char *behind)
{
	assert_string_equal(text, in_release(before, behind));
}

static void test_json(void **state)
{
	const int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	struct cli cli = { .json = true };
	struct json_object *json, *time;
	const char *text;

	(void)state;
	machine("pci 0000:03:00.1 1b36 0010 vfio-pci 0");
	told("pci", NULL, "0000:03:00.1", false, 0, false, false);
	assert_int_equal(doctor(&cli, NULL), 1);
	json = json_tokener_parse(output);
	assert_non_null(json);
	assert_true(json_object_object_get_ex(json, "checked_at", &time));
	assert_int_equal(strlen(json_object_get_string(time)), 20);
	json_object_object_del(json, "checked_at");
	text = json_object_to_json_string_ext(json, flags);
	is_text(text,
		"{\"host\":{\"obstacles\":[]},\"devices\":[{\"handle\":\"pci/0000:03:00.1\",\"driver\":\"vfio-pci\",\"obstacles\":[{\"check\":\"variant\",\"severity\":\"fail\",\"scope\":\"own\",\"seen\":\"no VFIO driver but vfio-pci is for it (1b36:0010)\",\"where\":\"/lib/modules/",
		"/modules.alias\",\"means\":\"vfio-pci can migrate no device\",\"do\":\"ask its maker for a VFIO driver that migrates it; or take it out of the virtual machine for the time of the migration\"}]}],\"types\":[]}");
	json_object_put(json);

	kernel_unload();
	assert_int_equal(doctor(&cli, NULL), 1);
	json = json_tokener_parse(output);
	assert_true(json_object_object_get_ex(json, "host", &time));
	assert_true(json_object_object_get_ex(time, "obstacles", &time));
	assert_int_equal(json_object_array_length(time), 1);
	time = json_object_array_get_idx(time, 0);
	assert_true(json_object_object_get_ex(time, "scope", &time));
	assert_string_equal(json_object_get_string(time), "host");
	json_object_put(json);
	free_text();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_iommu),
		TEST(test_no_iommu_why),
		TEST(test_group),
		TEST(test_binding),
		TEST(test_no_pci),
		TEST(test_better_driver),
		TEST(test_missing_driver),
		TEST(test_no_aliases),
		TEST(test_migration_is_not_known),
		TEST(test_debugfs),
		TEST(test_debugfs_is_roots),
		TEST(test_told),
		TEST(test_provider),
		TEST(test_module),
		TEST(test_namespace),
		TEST(test_types),
		TEST(test_all),
		TEST(test_mdevs_alone),
		TEST(test_not_there),
		TEST(test_text),
		TEST(test_codes),
		TEST(test_nobody),
		TEST(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
