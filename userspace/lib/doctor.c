// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who is examined, and what is known of them.
 *
 * All of it stands in sysfs, in debugfs, and in what the kernel module tells,
 * none of which is always there. What is to be thought of it, doctor_checks.c
 * knows.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "doctor.h"

/**
 * struct ward - all who are examined
 * @host: the host
 * @n: how many there are
 * @patients: the patients
 */
struct ward {
	struct vmig_host host;
	size_t n;
	struct vmig_patient *patients;
};

static bool exists(const char *path)
{
	struct stat st;

	return !stat(path, &st);
}

/* Is there something at this path? Without memory there is not. */
static bool __attribute__((format(printf, 1, 2)))
is_there(const char *format, ...)
{
	va_list args;
	char *path;
	bool there;
	int len;

	va_start(args, format);
	len = vasprintf(&path, format, args);
	va_end(args);
	if (len < 0)
		return false;
	there = exists(path);
	free(path);
	return there;
}

/* --------------------------------------------------------------- the host */

static int read_iommu(struct ward *ward)
{
	struct vfiomig *ctx = ward->host.ctx;
	struct vmig_folder folder;
	char *path;
	int err;

	if (asprintf(&path, "%s/class/iommu", ctx->sysfs) < 0)
		return vmig_nomem(ctx);
	err = vmig_open_folder(ctx, &folder, path);
	free(path);
	if (err)
		return err;
	ward->host.iommu = folder.n;
	vmig_close_folder(&folder);
	if (ward->host.iommu)
		return 0;

	/* not every architecture's IOMMU is in that class */
	if (asprintf(&path, "%s/bus/pci/devices", ctx->sysfs) < 0)
		return vmig_nomem(ctx);
	err = vmig_open_folder(ctx, &folder, path);
	for (int i = 0; !err && i < folder.n && !ward->host.iommu; i++)
		ward->host.iommu = is_there("%s/%s/iommu_group", path,
					    folder.entries[i]->d_name);
	vmig_close_folder(&folder);
	free(path);
	return err;
}

/* The drivers are for PCI devices: who asks for another needs none. */
static int read_host(struct ward *ward, const struct vfiomig_handle *handle)
{
	struct vmig_host *host = &ward->host;
	struct vfiomig *ctx = host->ctx;
	struct utsname uts;

	uname(&uts);
	host->release = strdup(uts.release);
	if (!host->release ||
	    asprintf(&host->alias_path, "%s/lib/modules/%s/modules.alias",
		     ctx->root, uts.release) < 0) {
		host->alias_path = NULL;
		return vmig_nomem(ctx);
	}
	if ((!handle || !strcmp(handle->bus, "pci")) &&
	    vmig_aliases_read(&host->aliases, host->alias_path))
		return vmig_nomem(ctx);

	/* see vfiomig_in_initial_netns() */
	host->initial = is_there("%s/proc/sys/net/core/netdev_budget",
				 ctx->root);
	return read_iommu(ward);
}

static void drop_host(struct vmig_host *host)
{
	free(host->release);
	free(host->alias_path);
	free(host->family_error);
	vmig_aliases_free(&host->aliases);
}

/*
 * What the kernel module has answered. That it is not there, or does not know
 * somebody, is a finding like others.
 */
static int take_answer(struct vmig_host *host, int err)
{
	const struct vfiomig_error *error = vfiomig_last_error(host->ctx);

	if (!err || error->cause == VFIOMIG_CAUSE_NOT_FOUND) {
		host->family = true;
		return 0;
	}
	if (err == -ENOMEM && error->cause == VFIOMIG_CAUSE_SYSTEM)
		return err;
	host->family_gone = error->cause == VFIOMIG_CAUSE_FAMILY;
	host->family_error = strdup(error->message);
	return host->family_error ? 0 : vmig_nomem(host->ctx);
}

/* ----------------------------------------------------------- the patients */

static void drop_patient(struct vmig_patient *p)
{
	free(p->handle);
	free(p->bus);
	free(p->parent);
	free(p->name);
	free(p->path);
	free(p->driver);
	free(p->told_by);
	vfiomig_object_unref(p->object);
}

static void drop_ward(struct ward *ward)
{
	while (ward->n)
		drop_patient(&ward->patients[--ward->n]);
	free(ward->patients);
	drop_host(&ward->host);
}

/* Nobody but their name is known yet. */
static int admit(struct ward *ward, const char *bus, const char *parent,
		 const char *name, struct vfiomig_object *object)
{
	struct vmig_patient *list, *p;

	list = reallocarray(ward->patients, ward->n + 1, sizeof(*list));
	if (!list)
		return vmig_nomem(ward->host.ctx);
	ward->patients = list;
	p = memset(&list[ward->n++], 0, sizeof(*p));

	p->kind = parent ? VFIOMIG_TYPE : VFIOMIG_DEVICE;
	p->bus = strdup(bus);
	p->name = strdup(name);
	p->parent = parent ? strdup(parent) : NULL;
	p->object = object ? vfiomig_object_ref(object) : NULL;
	if (asprintf(&p->handle, "%s/%s%s%s", bus, parent ? parent : "",
		     parent ? "/" : "", name) < 0)
		p->handle = NULL;
	if (!p->bus || !p->name || !p->handle || (parent && !p->parent))
		return vmig_nomem(ward->host.ctx);
	return 0;
}

/* Calls @look with every name in a folder of sysfs. */
static int for_each(struct ward *ward, const char *folder,
		    int (*look)(struct ward *ward, const char *dir,
				const char *name))
{
	struct vfiomig *ctx = ward->host.ctx;
	struct vmig_folder names;
	char *dir;
	int err;

	if (asprintf(&dir, "%s/%s", ctx->sysfs, folder) < 0)
		return vmig_nomem(ctx);
	err = vmig_open_folder(ctx, &names, dir);
	for (int i = 0; !err && i < names.n; i++)
		err = look(ward, dir, names.entries[i]->d_name);
	vmig_close_folder(&names);
	free(dir);
	return err;
}

static int admit_vfio(struct ward *ward, const char *dir, const char *entry)
{
	char *path, *bus, *name;
	int err = 0;

	if (asprintf(&path, "%s/%s", dir, entry) < 0)
		return vmig_nomem(ward->host.ctx);
	name = vmig_read_link(path, "device");
	free(path);
	if (asprintf(&path, "%s/%s/device", dir, entry) < 0) {
		free(name);
		return vmig_nomem(ward->host.ctx);
	}
	bus = vmig_read_link(path, "subsystem");
	free(path);

	/* it may have gone by now */
	if (bus && name)
		err = admit(ward, bus, NULL, name, NULL);
	free(bus);
	free(name);
	return err;
}

/* A function that is made to be given away, or that has a driver for that. */
static int admit_pci(struct ward *ward, const char *dir, const char *name)
{
	char modalias[VMIG_FILE_SIZE], *path;
	const char *best = NULL;
	bool wanted;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return vmig_nomem(ward->host.ctx);
	wanted = is_there("%s/physfn", path);
	if (!wanted && vmig_read_file(path, "modalias", modalias))
		best = vmig_aliases_best(&ward->host.aliases, modalias);
	free(path);
	if (!wanted && (!best || vmig_is_vfio_pci(best)))
		return 0;

	return admit(ward, "pci", NULL, name, NULL);
}

static int admit_mdev(struct ward *ward, const char *dir, const char *name)
{
	(void)dir;
	return admit(ward, "mdev", NULL, name, NULL);
}

static int admit_parent(struct ward *ward, const char *dir, const char *name)
{
	struct vfiomig *ctx = ward->host.ctx;
	struct vmig_folder types;
	char *path;
	int err;

	if (asprintf(&path, "%s/%s/mdev_supported_types", dir, name) < 0)
		return vmig_nomem(ctx);
	err = vmig_open_folder(ctx, &types, path);
	free(path);
	for (int i = 0; !err && i < types.n; i++)
		err = admit(ward, "mdev", name, types.entries[i]->d_name, NULL);
	vmig_close_folder(&types);
	return err;
}

/* All that the kernel module tells of. */
static int admit_told(struct ward *ward, enum vfiomig_kind kind)
{
	struct vfiomig_object *o;
	struct vfiomig_list *list;
	int err;

	err = vfiomig_dump(ward->host.ctx, kind, &list);
	if (err)
		return take_answer(&ward->host, err);

	ward->host.family = true;
	for (size_t i = 0; !err && (o = vfiomig_list_get(list, i)); i++)
		err = admit(ward, o->bus, o->parent, o->name, o);
	vfiomig_list_free(list);
	return err;
}

/* Devices before types, in the order in which a person would count. */
static int by_name(const void *a, const void *b)
{
	const struct vmig_patient *one = a, *two = b;

	if (one->kind != two->kind)
		return one->kind < two->kind ? -1 : 1;
	return strverscmp(one->handle, two->handle);
}

/* Somebody who came in by several doors is one all the same. */
static void merge(struct ward *ward)
{
	size_t n = 0;

	if (!ward->n)
		return;
	qsort(ward->patients, ward->n, sizeof(*ward->patients), by_name);
	for (size_t i = 1; i < ward->n; i++) {
		struct vmig_patient *last = &ward->patients[n];
		struct vmig_patient *p = &ward->patients[i];

		if (by_name(last, p)) {
			ward->patients[++n] = *p;
			continue;
		}
		if (!last->object) {
			last->object = p->object;
			p->object = NULL;
		}
		drop_patient(p);
	}
	ward->n = n + 1;
}

static int admit_all(struct ward *ward)
{
	int err;

	err = for_each(ward, "class/vfio-dev", admit_vfio) ?:
	      for_each(ward, "bus/pci/devices", admit_pci) ?:
	      for_each(ward, "bus/mdev/devices", admit_mdev) ?:
	      for_each(ward, "class/mdev_bus", admit_parent) ?:
	      admit_told(ward, VFIOMIG_DEVICE);
	if (!err && ward->host.family)
		err = admit_told(ward, VFIOMIG_TYPE);
	if (!err)
		merge(ward);
	return err;
}

/* Whoever neither sysfs nor the kernel module knows is not there. */
static int admit_one(struct ward *ward, const struct vfiomig_handle *handle)
{
	struct vfiomig *ctx = ward->host.ctx;
	struct vfiomig_object *object = NULL;
	bool there = false;
	int err;

	/* what begins with a dot leads astray */
	if (handle->bus[0] != '.' && handle->name[0] != '.' &&
	    (!handle->parent || handle->parent[0] != '.'))
		there = handle->parent ?
			is_there("%s/class/mdev_bus/%s/mdev_supported_types/%s",
				 ctx->sysfs, handle->parent, handle->name) :
			is_there("%s/bus/%s/devices/%s", ctx->sysfs,
				 handle->bus, handle->name);

	err = vfiomig_get(ctx, handle, &object);
	if (!err || there)
		err = take_answer(&ward->host, err);
	else if (ctx->error.cause == VFIOMIG_CAUSE_FAMILY)
		err = vmig_fail(ctx, VFIOMIG_CAUSE_NOT_FOUND, ENODEV,
				"no such %s", handle->parent ? "type" :
							       "device");
	if (!err)
		err = admit(ward, handle->bus, handle->parent, handle->name,
			    object);
	vfiomig_object_unref(object);
	return err;
}

/* --------------------------------------------------------- what they have */

static int read_path(struct vfiomig *ctx, struct vmig_patient *p)
{
	int len;

	if (p->parent)
		len = asprintf(&p->path,
			       "%s/class/mdev_bus/%s/mdev_supported_types/%s",
			       ctx->sysfs, p->parent, p->name);
	else
		len = asprintf(&p->path, "%s/bus/%s/devices/%s", ctx->sysfs,
			       p->bus, p->name);
	if (len < 0) {
		p->path = NULL;
		return vmig_nomem(ctx);
	}
	if (!exists(p->path)) {
		free(p->path);
		p->path = NULL;
	}
	return 0;
}

static unsigned int read_number(const char *dir, const char *name)
{
	char text[VMIG_FILE_SIZE];

	return vmig_read_file(dir, name, text) ? strtoul(text, NULL, 16) : 0;
}

static void read_pci(const struct vmig_host *host, struct vmig_patient *p)
{
	char modalias[VMIG_FILE_SIZE];

	p->vf = is_there("%s/physfn", p->path);
	p->vendor = read_number(p->path, "vendor");
	p->device = read_number(p->path, "device");
	if (vmig_read_file(p->path, "modalias", modalias))
		p->best = vmig_aliases_best(&host->aliases, modalias);
}

static enum vmig_known known(bool yes)
{
	return yes ? VMIG_YES : VMIG_NO;
}

/* What the kernel module tells of the migration; false if it does not. */
static bool ask_object(struct vmig_patient *p)
{
	const struct vfiomig_attr *a;

	if (!p->object)
		return false;
	a = vfiomig_object_find(p->object, "migratable");
	if (!a || a->type != VFIOMIG_VALUE_BOOL)
		return false;
	p->migrates = known(a->boolean);

	a = vfiomig_object_find(p->object, "migration");
	if (!a || a->type != VFIOMIG_VALUE_BITS)
		return true;
	p->p2p = known(vfiomig_attr_bit(a, VFIO_MIG_MIGRATION_BIT_P2P));
	p->dirty = known(vfiomig_attr_bit(a,
					  VFIO_MIG_MIGRATION_BIT_DIRTY_LOG));
	return true;
}

static void read_features(struct vmig_patient *p, const char *path)
{
	bool stop_copy = false, p2p = false, dirty = false;
	FILE *file = fopen(path, "re");
	char line[64];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		stop_copy |= !strcmp(line, "stop-copy\n");
		p2p |= !strcmp(line, "p2p\n");
		dirty |= !strcmp(line, "dirty-tracking\n");
	}
	p->migrates = known(stop_copy);
	p->p2p = known(p2p);
	p->dirty = known(dirty);
	fclose(file);
}

/*
 * With CONFIG_VFIO_DEBUGFS, and for root, there is a folder for each VFIO
 * device; in it there is "migration" for those that have it, and from Linux
 * 6.18 on a list of its features.
 */
static int ask_debugfs(struct vfiomig *ctx, struct vmig_patient *p)
{
	char *dir, *features;

	if (asprintf(&dir, "%s/kernel/debug/vfio/%s", ctx->sysfs, p->name) < 0)
		return vmig_nomem(ctx);
	if (faccessat(AT_FDCWD, dir, R_OK | X_OK, AT_EACCESS)) {
		p->debugfs_denied = errno == EACCES;
		free(dir);
		return 0;
	}
	if (asprintf(&features, "%s/migration/features", dir) < 0) {
		free(dir);
		return vmig_nomem(ctx);
	}
	free(p->told_by);
	p->told_by = features;
	p->migrates = known(is_there("%s/migration", dir));
	if (p->migrates == VMIG_YES)
		read_features(p, features);
	else
		features[strlen(features) - strlen("/features")] = '\0';
	free(dir);
	return 0;
}

static int read_migration(struct vfiomig *ctx, struct vmig_patient *p)
{
	p->told_by = strdup("vfio_mig, attribute migratable");
	if (!p->told_by)
		return vmig_nomem(ctx);
	if (ask_object(p) || !p->vfio)
		return 0;

	return ask_debugfs(ctx, p);
}

static int read_patient(const struct vmig_host *host, struct vmig_patient *p)
{
	int err = read_path(host->ctx, p);

	if (err)
		return err;
	if (p->path && p->kind == VFIOMIG_DEVICE) {
		p->driver = vmig_read_link(p->path, "driver");
		p->vfio = is_there("%s/vfio-dev", p->path);
		if (!strcmp(p->bus, "pci"))
			read_pci(host, p);
	}
	return read_migration(host->ctx, p);
}

static int read_patients(struct ward *ward)
{
	int err = 0;

	for (size_t i = 0; !err && i < ward->n; i++) {
		struct vmig_patient *p = &ward->patients[i];

		err = read_patient(&ward->host, p);
		ward->host.needs_iommu |= vmig_needs_iommu(p);
	}
	/* who has no device yet will want one */
	ward->host.needs_iommu |= !ward->n;
	return err;
}

/* --------------------------------------------------------- what they lack */

static void drop_obstacles(size_t n, const struct vfiomig_obstacle *obstacles)
{
	for (size_t i = 0; i < n; i++) {
		free((void *)obstacles[i].seen);
		free((void *)obstacles[i].where);
		free((void *)obstacles[i].means);
		free((void *)obstacles[i].remedy);
	}
	free((void *)obstacles);
}

void vfiomig_diagnoses_free(struct vfiomig_diagnosis *diagnoses, size_t n)
{
	for (size_t i = 0; diagnoses && i < n; i++) {
		free((void *)diagnoses[i].handle);
		free((void *)diagnoses[i].driver);
		drop_obstacles(diagnoses[i].n_obstacles,
			       diagnoses[i].obstacles);
	}
	free(diagnoses);
}

static int examine(const struct vmig_host *host, struct vmig_patient *p,
		   struct vfiomig_diagnosis *d)
{
	struct vmig_exam exam = { .host = host, .patient = p };

	vmig_examine(&exam);
	d->n_obstacles = exam.n;
	d->obstacles = exam.obstacles;
	if (!p || exam.err)
		return exam.err;

	d->kind = p->kind;
	d->handle = p->handle;
	d->driver = p->driver;
	p->handle = NULL;
	p->driver = NULL;
	return 0;
}

static int examine_all(struct ward *ward, struct vfiomig_diagnosis **diagnoses,
		       size_t *n)
{
	struct vfiomig_diagnosis *d = calloc(ward->n + 1, sizeof(*d));
	int err;

	if (!d)
		return vmig_nomem(ward->host.ctx);
	err = examine(&ward->host, NULL, d);
	for (size_t i = 0; !err && i < ward->n; i++)
		err = examine(&ward->host, &ward->patients[i], &d[i + 1]);
	if (err) {
		vfiomig_diagnoses_free(d, ward->n + 1);
		return vmig_nomem(ward->host.ctx);
	}
	*diagnoses = d;
	*n = ward->n + 1;
	return 0;
}

int vfiomig_diagnose(struct vfiomig *ctx, const struct vfiomig_handle *handle,
		     struct vfiomig_diagnosis **diagnoses, size_t *n)
{
	struct ward ward = { .host.ctx = ctx };
	int err;

	err = read_host(&ward, handle);
	if (!err)
		err = handle ? admit_one(&ward, handle) : admit_all(&ward);
	if (!err)
		err = read_patients(&ward);
	if (!err)
		err = examine_all(&ward, diagnoses, n);
	drop_ward(&ward);
	return err;
}
