// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What can stand between a device and a live migration: a function for each,
 * in a table, in the order in which one would mend it.
 *
 * A check tells what it has seen, where, what that means and what to do; it
 * tells nothing where all is well, and where another check has told the cause.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"

static char *__attribute__((format(printf, 1, 2)))
text(const char *format, ...)
{
	va_list args;
	char *string;
	int len;

	va_start(args, format);
	len = vasprintf(&string, format, args);
	va_end(args);
	return len < 0 ? NULL : string;
}

/* ----------------------------------------------------------- what is told */

/* Something was found. What it is follows, in four calls. */
static void tell(struct vmig_exam *e, uint32_t severity)
{
	struct vfiomig_obstacle *list;

	list = reallocarray(e->obstacles, e->n + 1, sizeof(*list));
	if (!list) {
		e->err = -ENOMEM;
		return;
	}
	e->obstacles = list;
	list[e->n++] = (struct vfiomig_obstacle) {
		.check = e->check,
		.severity = severity,
		.of_host = e->of_host,
	};
}

static void put(struct vmig_exam *e, size_t offset, const char *format,
		va_list args)
{
	char *string;

	if (e->err)
		return;
	if (vasprintf(&string, format, args) < 0) {
		e->err = -ENOMEM;
		return;
	}
	*(char **)((char *)&e->obstacles[e->n - 1] + offset) = string;
}

static void __attribute__((format(printf, 2, 3)))
seen(struct vmig_exam *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(e, offsetof(struct vfiomig_obstacle, seen), format, args);
	va_end(args);
}

static void __attribute__((format(printf, 2, 3)))
where(struct vmig_exam *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(e, offsetof(struct vfiomig_obstacle, where), format, args);
	va_end(args);
}

static void __attribute__((format(printf, 2, 3)))
means(struct vmig_exam *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(e, offsetof(struct vfiomig_obstacle, means), format, args);
	va_end(args);
}

static void __attribute__((format(printf, 2, 3)))
remedy(struct vmig_exam *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(e, offsetof(struct vfiomig_obstacle, remedy), format, args);
	va_end(args);
}

/* ------------------------------------------------------ what is often asked */

static bool is_pci(const struct vmig_patient *p)
{
	return p->path && !strcmp(p->bus, "pci");
}

/* The VFIO driver that it has, or would get by libvirt's rule, is vfio-pci. */
static bool is_plain(const struct vmig_patient *p)
{
	if (p->vfio)
		return p->driver && vmig_is_vfio_pci(p->driver);

	return !p->best || vmig_is_vfio_pci(p->best);
}

/* ------------------------------------------------------------------ iommu */

/* Mediated devices reach memory by way of their parent. */
bool vmig_needs_iommu(const struct vmig_patient *p)
{
	return p->kind == VFIOMIG_DEVICE && p->path && strcmp(p->bus, "mdev") &&
	       strcmp(p->bus, "ap") && strcmp(p->bus, "css");
}

/* The word of the kernel's command line that switches it off, if it is that. */
static const char *switched_off(const struct vfiomig *ctx)
{
	static const char * const words[] = {
		"intel_iommu=off", "amd_iommu=off", "iommu=off", NULL
	};
	char line[VMIG_FILE_SIZE], *rest = line, *word;
	char *proc = text("%s/proc", ctx->root);
	bool read = proc && vmig_read_file(proc, "cmdline", line);

	free(proc);
	while (read && (word = strsep(&rest, " ")))
		for (const char * const *w = words; *w; w++)
			if (!strcmp(word, *w))
				return *w;

	return NULL;
}

static bool has_table(const struct vfiomig *ctx, const char *name)
{
	char *path = text("%s/firmware/acpi/tables/%s", ctx->sysfs, name);
	struct stat st;
	bool there = path && !stat(path, &st);

	free(path);
	return there;
}

static void tell_no_iommu(struct vmig_exam *e)
{
	const struct vfiomig *ctx = e->host->ctx;
	const char *off = switched_off(ctx);

	tell(e, VFIO_MIG_SEVERITY_FAIL);
	if (off) {
		seen(e, "the IOMMU is switched off: %s", off);
		where(e, "%s/proc/cmdline", ctx->root);
	} else {
		seen(e, "no IOMMU is at work");
		where(e, "%s/class/iommu", ctx->sysfs);
	}
	means(e,
	      "it is the IOMMU that keeps a device to the memory of its virtual machine: without one VFIO gives no physical device away");
	if (off)
		remedy(e,
		       "take %s from the kernel's command line, and boot again",
		       off);
	else if (has_table(ctx, "DMAR"))
		remedy(e,
		       "the firmware offers VT-d: put intel_iommu=on on the kernel's command line, and boot again");
	else if (has_table(ctx, "IVRS"))
		remedy(e,
		       "the firmware offers AMD-Vi: see why the kernel does not take it (dmesg | grep AMD-Vi)");
	else
		remedy(e,
		       "switch VT-d or AMD-Vi on in the firmware's setup; VT-d may take intel_iommu=on on the kernel's command line, too");
}

static void tell_no_group(struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;

	tell(e, VFIO_MIG_SEVERITY_FAIL);
	seen(e, "it is in no IOMMU group, though others are");
	where(e, "%s/iommu_group", p->path);
	means(e,
	      "no IOMMU stands in front of this device, and VFIO gives it to nobody");
	remedy(e,
	       "see what the kernel says of it (dmesg | grep %s): the firmware may leave it out",
	       p->name);
}

static void look_at_group(struct vmig_exam *e)
{
	char *group = vmig_read_link(e->patient->path, "iommu_group");
	char name[VMIG_FILE_SIZE], *dir;

	if (!group) {
		tell_no_group(e);
		return;
	}
	dir = text("%s/kernel/iommu_groups/%s", e->host->ctx->sysfs, group);
	free(group);
	if (dir && vmig_read_file(dir, "name", name) &&
	    !strcmp(name, "vfio-noiommu")) {
		tell(e, VFIO_MIG_SEVERITY_FAIL);
		seen(e, "it is in a group without an IOMMU (vfio-noiommu)");
		where(e, "%s/name", dir);
		means(e, "QEMU takes no device without an IOMMU");
		remedy(e,
		       "set the module vfio's parameter enable_unsafe_noiommu_mode to 0, and switch the IOMMU on");
	}
	free(dir);
}

static void check_iommu(struct vmig_exam *e)
{
	const struct vmig_host *host = e->host;

	if (e->patient ? !vmig_needs_iommu(e->patient) : !host->needs_iommu)
		return;
	if (!host->iommu) {
		e->of_host = true;
		tell_no_iommu(e);
	} else if (e->patient) {
		look_at_group(e);
	}
}

/* ---------------------------------------------------------------- binding */

static bool has_driver(const struct vfiomig *ctx, const char *name)
{
	char *path = text("%s/bus/pci/drivers/%s", ctx->sysfs, name);
	struct stat st;
	bool there = path && !stat(path, &st);

	free(path);
	return there;
}

/*
 * The driver of a module, which is not always called as it is. What is not
 * loaded cannot be asked.
 */
static char *driver_of(const struct vfiomig *ctx, const char *module)
{
	char *name = strdup(module);
	char *dashed = strdup(module);

	for (char *c = dashed; c && *c; c++)
		if (*c == '_')
			*c = '-';
	if (name && dashed && !has_driver(ctx, name) &&
	    (has_driver(ctx, dashed) || vmig_is_vfio_pci(name) ||
	     !strcmp(name, "xe_vfio_pci"))) {
		free(name);
		return dashed;
	}
	free(dashed);
	return name;
}

/* How it is bound, by hand, to the VFIO driver that fits it best. */
static char *how_to_bind(const struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;
	const char *module = p->best ? p->best : "vfio_pci";
	const char *sysfs = e->host->ctx->sysfs;
	char *driver = driver_of(e->host->ctx, module);
	char *unbind = strdup(""), *words = NULL;

	if (p->driver) {
		free(unbind);
		unbind = text("; echo %s > %s/driver/unbind", p->name, p->path);
	}
	if (driver && unbind &&
	    asprintf(&words,
		     "modprobe %s; echo %s > %s/driver_override%s; echo %s > %s/bus/pci/drivers_probe",
		     module, driver, p->path, unbind, p->name, sysfs) < 0)
		words = NULL;
	free(driver);
	free(unbind);
	return words;
}

/* Until it is bound to a VFIO driver, nobody can say what that can do. */
static void check_binding(struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;
	char *by_hand;

	if (!p->path || p->vfio)
		return;
	tell(e, VFIO_MIG_SEVERITY_UNDECIDED);
	if (p->driver)
		seen(e,
		     "the driver %s is bound to it, which is no VFIO driver",
		     p->driver);
	else
		seen(e, "no driver is bound to it");
	where(e, "%s/driver", p->path);
	if (!is_pci(p)) {
		means(e, "it is no VFIO device until it has one");
		remedy(e, "bind it to its VFIO driver");
		return;
	}
	means(e,
	      "it is no VFIO device yet; libvirt makes it one when it starts the virtual machine (managed='yes')");
	by_hand = how_to_bind(e);
	if (by_hand)
		remedy(e, "nothing if libvirt does it; else %s", by_hand);
	else
		e->err = -ENOMEM;
	free(by_hand);
}

/* ---------------------------------------------------------------- variant */

/* There is a better driver, and it is not used. */
static void tell_better(struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;
	char *by_hand = how_to_bind(e);

	e->hopeless = true;
	tell(e, VFIO_MIG_SEVERITY_FAIL);
	seen(e, "vfio-pci is bound to it, though %s is made for it (%04x:%04x)",
	     p->best, p->vendor, p->device);
	where(e, "%s", e->host->alias_path);
	means(e, "vfio-pci can migrate no device");
	if (by_hand)
		remedy(e,
		       "%s; libvirt 10.0 and later takes it by itself, unless the domain names a <driver model='...'/>",
		       by_hand);
	else
		e->err = -ENOMEM;
	free(by_hand);
}

/*
 * What the kernel's configuration says, in the first place where there is one.
 * Sets @path to that place; if there is none to the usual one.
 */
static enum vmig_option read_option(const struct vmig_host *host,
				    const char *option, char **path)
{
	static const struct {
		const char *before;
		const char *behind;
	} places[] = {
		{ "/boot/config-", "" },
		{ "/lib/modules/", "/config" },
		{ "/lib/modules/", "/build/.config" },
		{ "/boot/config-", "" },
	};
	enum vmig_option found = VMIG_OPTION_UNKNOWN;

	*path = NULL;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		free(*path);
		*path = text("%s%s%s%s", host->ctx->root, places[i].before,
			     host->release, places[i].behind);
		if (*path)
			found = vmig_option_read(*path, option);
		if (found != VMIG_OPTION_UNKNOWN)
			break;
	}
	return found;
}

/* Why a driver that Linux has is not offered by this kernel. */
static void tell_why(struct vmig_exam *e, const struct vmig_variant *v,
		     const char *why)
{
	const struct vmig_patient *p = e->patient;

	seen(e, "%s is made for it (%04x:%04x), but %s", v->module, p->vendor,
	     p->device, why);
}

static void tell_option(struct vmig_exam *e, const struct vmig_variant *v,
			enum vmig_option option)
{
	switch (option) {
	case VMIG_OPTION_OFF:
		tell_why(e, v, "this kernel was built without it");
		remedy(e, "take a kernel that was built with %s=m", v->option);
		break;
	case VMIG_OPTION_ABSENT:
		tell_why(e, v, "this kernel has it not yet, or not here");
		remedy(e, "take a newer kernel, built with %s=m", v->option);
		break;
	case VMIG_OPTION_MODULE:
		tell_why(e, v, "it is not installed");
		remedy(e,
		       "install the package that has the rest of this kernel's modules (%s=m), and run depmod",
		       v->option);
		break;
	case VMIG_OPTION_BUILTIN:
		tell_why(e, v, "it is built in, where no alias tells of it");
		remedy(e,
		       "bind it by its name, in libvirt by <driver model='%s'/>",
		       v->module);
		break;
	default:
		tell_why(e, v,
			 "whether this kernel was built with it cannot be seen");
		remedy(e, "take a kernel that was built with %s=m", v->option);
		break;
	}
}

/* Linux has a better driver, but this kernel does not offer it. */
static void tell_missing(struct vmig_exam *e, const struct vmig_variant *v)
{
	enum vmig_option option;
	char *path;

	option = read_option(e->host, v->option, &path);
	tell(e, VFIO_MIG_SEVERITY_FAIL);
	tell_option(e, v, option);
	if (path)
		where(e, "%s", path);
	else
		e->err = -ENOMEM;
	means(e, "vfio-pci can migrate no device");
	free(path);
}

static void tell_no_aliases(struct vmig_exam *e)
{
	const struct vmig_host *host = e->host;

	tell(e, VFIO_MIG_SEVERITY_UNDECIDED);
	seen(e, "the kernel's VFIO drivers are not known: %s",
	     strerror(host->aliases.errnum));
	where(e, "%s", host->alias_path);
	means(e,
	      "vfio-pci can migrate no device, and whether there is another driver for this one cannot be seen");
	remedy(e,
	       "look from where the running kernel's modules are installed, after depmod");
}

static void tell_none(struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;

	tell(e, VFIO_MIG_SEVERITY_FAIL);
	seen(e, "no VFIO driver but vfio-pci is for it (%04x:%04x)", p->vendor,
	     p->device);
	where(e, "%s", e->host->alias_path);
	means(e, "vfio-pci can migrate no device");
	remedy(e,
	       "ask its maker for a VFIO driver that migrates it; or take it out of the virtual machine for the time of the migration");
}

static void check_variant(struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;
	const struct vmig_variant *v;

	if (!is_pci(p) || !is_plain(p))
		return;
	if (e->host->aliases.errnum) {
		tell_no_aliases(e);
		return;
	}
	if (p->best && !vmig_is_vfio_pci(p->best)) {
		tell_better(e);
		return;
	}
	e->hopeless = true;
	v = vmig_variant_find(p->vendor, p->device);
	if (v)
		tell_missing(e, v);
	else
		tell_none(e);
}

/* -------------------------------------------------------------- migration */

static void tell_unknown(struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;

	tell(e, VFIO_MIG_SEVERITY_UNDECIDED);
	seen(e, "whether %s migrates it cannot be seen",
	     p->driver ? p->driver : "its driver");
	where(e, "%s/kernel/debug/vfio/%s/migration", e->host->ctx->sysfs,
	      p->name);
	means(e,
	      "the driver tells it to the module vfio_mig, to debugfs, and to who opens the device");
	remedy(e, "load the module vfio_mig, or %s",
	       p->debugfs_denied ?
	       "look as root: debugfs may tell" :
	       "take Linux 6.18 or later with CONFIG_VFIO_DEBUGFS");
}

static void tell_no_migration(struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;
	const struct vmig_variant *v;

	tell(e, VFIO_MIG_SEVERITY_FAIL);
	if (p->driver)
		seen(e, "the driver %s does not migrate it", p->driver);
	else
		seen(e, "its driver does not migrate it");
	where(e, "%s", p->told_by);
	means(e, "QEMU refuses to migrate a virtual machine that has it");
	/* there are devices that must be told beforehand */
	v = vmig_variant_find(p->vendor, p->device);
	if (v && v->enable)
		remedy(e, "%s", v->enable);
	else
		remedy(e,
		       "ask its maker whether a newer driver or firmware, or a setting, lets it migrate");
}

static void check_migration(struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;

	if (e->hopeless)
		return;
	if (p->migrates == VMIG_NO)
		tell_no_migration(e);
	else if (p->migrates == VMIG_UNKNOWN && p->vfio)
		tell_unknown(e);
}

static void check_dirty_tracking(struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;

	if (p->migrates != VMIG_YES || p->dirty != VMIG_NO)
		return;
	tell(e, VFIO_MIG_SEVERITY_UNDECIDED);
	seen(e, "it does not track which memory it has written to");
	where(e, "%s", p->told_by);
	/* a mediated device has no IOMMU that could do it instead */
	means(e,
	      "QEMU refuses to migrate it, unless %sit is told to send all memory again while the machine stands still",
	      vmig_needs_iommu(p) ? "the IOMMU tracks that, or " : "");
	if (vmig_needs_iommu(p))
		remedy(e,
		       "give it to QEMU by iommufd, with an IOMMU that tracks dirty pages; or set QEMU's enable-migration=on for it");
	else
		remedy(e, "set QEMU's enable-migration=on for it");
}

static void check_p2p(struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;

	if (p->migrates != VMIG_YES || p->p2p != VMIG_NO)
		return;
	tell(e, VFIO_MIG_SEVERITY_INFO);
	seen(e, "it cannot be kept from speaking to other devices (no P2P)");
	where(e, "%s", p->told_by);
	means(e,
	      "QEMU migrates it only as the single VFIO device of a virtual machine");
	remedy(e, "give the virtual machine no other VFIO device");
}

/* -------------------------------------------------------------- instances */

static void check_instances(struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;
	char left[VMIG_FILE_SIZE];

	if (!p->path || !vmig_read_file(p->path, "available_instances", left) ||
	    strcmp(left, "0"))
		return;
	tell(e, VFIO_MIG_SEVERITY_FAIL);
	seen(e, "no device of this type can be created: 0 are left");
	where(e, "%s/available_instances", p->path);
	means(e,
	      "no virtual machine can come here with a device of this type");
	remedy(e,
	       "remove a device of %s that nobody needs (echo 1 > %s/bus/mdev/devices/UUID/remove), or take another parent",
	       p->parent, e->host->ctx->sysfs);
}

/* ------------------------------------------- the module and its namespaces */

static void check_module(struct vmig_exam *e)
{
	const struct vmig_host *host = e->host;
	struct stat st;
	char *path;
	bool loaded;

	if (host->family)
		return;
	path = text("%s/module/vfio_mig", host->ctx->sysfs);
	loaded = !host->family_gone || !path || !stat(path, &st);
	free(path);

	e->of_host = true;
	tell(e, VFIO_MIG_SEVERITY_UNDECIDED);
	if (loaded)
		seen(e, "the module vfio_mig does not answer: %s",
		     host->family_error);
	else
		seen(e, "the module vfio_mig is not loaded");
	where(e, "%s/module/vfio_mig", host->ctx->sysfs);
	means(e,
	      "nobody can tell beforehand to which device a migration will succeed");
	if (loaded)
		remedy(e,
		       "look from the initial network namespace, and as root (vfiomig -n 1 status)");
	else
		remedy(e,
		       "modprobe vfio_mig; it must have been built for this kernel");
}

/* A device is in one namespace, and is told of there alone. */
static void check_namespace(struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;

	if (!e->host->family || !p->path ||
	    (p->object && !vfiomig_object_from_sysfs(p->object)) ||
	    (p->kind == VFIOMIG_DEVICE && !p->vfio))
		return;
	/* in the initial one they are read from sysfs */
	if (p->kind == VFIOMIG_TYPE && e->host->initial)
		return;

	tell(e, VFIO_MIG_SEVERITY_UNDECIDED);
	where(e, "%s/proc/self/ns/net", e->host->ctx->root);
	if (p->kind == VFIOMIG_TYPE) {
		seen(e, "types are not told of in this network namespace");
		means(e,
		      "they stay in the initial one: nothing can be checked against them here");
		remedy(e, "look from there");
		return;
	}
	seen(e, "it is not told of in this network namespace");
	means(e, "it is in another one, and can be checked there alone");
	remedy(e,
	       "look from there (vfiomig -n), or have it given to this one from there: vfiomig dev set %s netns PID",
	       p->handle);
}

/* --------------------------------------------------------------- provider */

static void check_provider(struct vmig_exam *e)
{
	const struct vmig_patient *p = e->patient;
	const struct vfiomig_attr *a;

	if (!p->object || p->migrates == VMIG_NO)
		return;
	a = vfiomig_object_find(p->object, "declared");
	/* who vouches for it has made its rule "any" */
	if (!a || a->type != VFIOMIG_VALUE_BOOL || a->boolean ||
	    a->rule == VFIO_MIG_RULE_ANY)
		return;

	tell(e, VFIO_MIG_SEVERITY_UNDECIDED);
	seen(e,
	     "nobody has declared what it accepts: its driver has no provider");
	where(e, "vfio_mig, attribute declared");
	means(e,
	      "a check says \"undecided\" at best: only the migration itself will tell");
	if (p->kind == VFIOMIG_DEVICE)
		remedy(e,
		       "load a provider for its driver; or try it out, and say so: vfiomig dev attr set %s declared rule any",
		       p->handle);
	else
		remedy(e, "load a provider for its driver");
}

/* -------------------------------------------------------------- the table */

#define OF_HOST		1u
#define OF_DEVICE	2u
#define OF_TYPE		4u

/**
 * struct check - something that can stand in the way
 * @name: what it is called, for ever
 * @of: whom it concerns
 * @look: looks for it
 */
static const struct check {
	const char *name;
	unsigned int of;
	void (*look)(struct vmig_exam *exam);
} checks[] = {
	{ "iommu", OF_HOST | OF_DEVICE, check_iommu },
	{ "binding", OF_DEVICE, check_binding },
	{ "variant", OF_DEVICE, check_variant },
	{ "migration", OF_DEVICE | OF_TYPE, check_migration },
	{ "dirty-tracking", OF_DEVICE, check_dirty_tracking },
	{ "p2p", OF_DEVICE, check_p2p },
	{ "instances", OF_TYPE, check_instances },
	{ "module", OF_HOST | OF_DEVICE | OF_TYPE, check_module },
	{ "namespace", OF_DEVICE | OF_TYPE, check_namespace },
	{ "provider", OF_DEVICE | OF_TYPE, check_provider },
};

/* Finds all that stands in the way of the exam's patient. */
void vmig_examine(struct vmig_exam *exam)
{
	unsigned int of = OF_HOST;

	if (exam->patient)
		of = exam->patient->kind == VFIOMIG_TYPE ? OF_TYPE : OF_DEVICE;
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		if (!(checks[i].of & of))
			continue;
		exam->check = checks[i].name;
		exam->of_host = false;
		checks[i].look(exam);
	}
}
