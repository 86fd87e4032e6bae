/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_REGISTRY_H
#define VFIO_MIG_REGISTRY_H

#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

#include "overlay.h"
#include "policy.h"
#include "profile.h"
#include "report.h"

/**
 * enum vfio_mig_kind - what an object is
 * @VFIO_MIG_KIND_DEVICE: a device
 * @VFIO_MIG_KIND_TYPE: something a device can be created from
 * @VFIO_MIG_KINDS: how many kinds there are
 */
enum vfio_mig_kind {
	VFIO_MIG_KIND_DEVICE,
	VFIO_MIG_KIND_TYPE,
	VFIO_MIG_KINDS,
};

/* A message about an object takes less than these together. */
#define VFIO_MIG_SIZE_STEP	512
#define VFIO_MIG_SIZES		32

/**
 * struct vfio_mig_set - the objects of one kind in one namespace
 * @objects: by id
 * @count: how many there are
 * @gen: changes whenever an object comes or goes, never 0
 * @sizes: how many there are of each size, in steps of VFIO_MIG_SIZE_STEP
 */
struct vfio_mig_set {
	struct xarray objects;
	u32 count;
	u32 gen;
	u32 sizes[VFIO_MIG_SIZES];
};

/**
 * struct vfio_mig_net - what we keep for a network namespace
 * @net: the namespace
 * @seq: number of its last event
 * @policy: what its policy says, part by part
 * @policy_gen: changes whenever a part comes or goes, never 0
 * @policy_len: bytes that all of it takes on the wire
 * @drivers: how many drivers it speaks of
 * @last_part: id of the part that came last
 * @sets: its objects, by kind
 */
struct vfio_mig_net {
	struct net *net;
	u64 seq;
	struct list_head policy;
	u32 policy_gen;
	u32 policy_len;
	u32 drivers;
	u32 last_part;
	struct vfio_mig_set sets[VFIO_MIG_KINDS];
};

/**
 * struct vfio_mig_object - a device or type
 * @ref: references; the registry holds one as long as the object is published
 * @guard: of a device, held by whoever describes it, changes what is said of
 *	it, asks its driver for anything, or removes it
 * @rcu: readers may still look at an object that was removed
 * @node: in the table of handles
 * @all: in the list of all objects
 * @owner: the VFIO device that it is, see discover.c for who may follow it
 * @ns: the namespace that it lives in, which changes under both the guard and
 *	the registry's lock
 * @profile: its newest profile, NULL once the object is gone
 * @base: what VFIO and the driver say of it, without the administrator; it and
 *	the overlays change under both the guard and the registry's lock
 * @overlay: what the administrator says of it, or NULL
 * @home: of a device that lives in another than the initial namespace: what is
 *	published when it is back there; NULL if it is there
 * @home_overlay: likewise, what the administrator said of it there, or NULL
 * @next: while a policy is being changed, what the profile will be; NULL if
 *	it stays as it is
 * @next_home: likewise, of @home
 * @admin_max: how many attributes of his own the administrator may set
 * @cookie: tells the provider that described it, 0 if there was none
 * @again: it is to be described again; may be set at any time
 * @late: it was counted as undescribed before it was published
 * @complained: it was told already that something is wrong with the provider
 * @reports: what its driver has reported
 * @handle: its handle, the strings of which stand in @text
 * @kind: what it is
 * @id: its id
 * @text: holds the strings of @handle
 */
struct vfio_mig_object {
	refcount_t ref;
	/* see registry.c */
	struct mutex guard;
	struct rcu_head rcu;
	struct rhash_head node;
	struct list_head all;
	void *owner;
	struct vfio_mig_net *ns;
	struct vfio_mig_profile __rcu *profile;
	struct vfio_mig_profile *base;
	struct vfio_mig_words *overlay;
	struct vfio_mig_profile *home;
	struct vfio_mig_words *home_overlay;
	struct vfio_mig_profile *next;
	struct vfio_mig_profile *next_home;
	unsigned int admin_max;
	u64 cookie;
	/* not each architecture has xchg() for a bool */
	int again;
	bool late;
	bool complained;
	struct vfio_mig_reports reports;
	struct vfio_mig_handle handle;
	enum vfio_mig_kind kind;
	u32 id;
	char text[];
};

/**
 * struct vfio_mig_counts - the state of a namespace at one moment
 * @seq: number of its last event
 * @objects: how many objects there are, by kind
 * @undescribed: how many VFIO devices are not published, in any namespace
 */
struct vfio_mig_counts {
	u64 seq;
	u32 objects[VFIO_MIG_KINDS];
	u32 undescribed;
};

extern u64 vfio_mig_instance;

u32 vfio_mig_set_msg_max(const struct vfio_mig_set *set);
struct vfio_mig_net *vfio_mig_net(const struct net *net);
void vfio_mig_net_counts(struct vfio_mig_net *ns,
			 struct vfio_mig_counts *counts);
void vfio_mig_count_undescribed(int n);

struct vfio_mig_object *
vfio_mig_object_alloc(enum vfio_mig_kind kind,
		      const struct vfio_mig_handle *handle);
void vfio_mig_object_free(struct vfio_mig_object *obj);
int vfio_mig_object_publish(struct vfio_mig_object *obj,
			    struct vfio_mig_profile *profile);
int vfio_mig_object_say(struct vfio_mig_object *obj,
			struct vfio_mig_words *overlay,
			const struct vfio_mig_edits *edits, bool only_try,
			struct vfio_mig_refusal *refusal);
void vfio_mig_object_keep(struct vfio_mig_object *obj,
			  struct vfio_mig_words *overlay);
int vfio_mig_object_update(struct vfio_mig_object *obj,
			   struct vfio_mig_profile *base,
			   struct vfio_mig_words *overlay);
void vfio_mig_object_refused(struct vfio_mig_object *obj,
			     struct vfio_mig_refused *refused);
struct vfio_mig_object *vfio_mig_object_get(struct vfio_mig_net *ns,
					    enum vfio_mig_kind kind, u32 id);
void vfio_mig_object_put(struct vfio_mig_object *obj);
bool vfio_mig_object_gone(const struct vfio_mig_object *obj);
int vfio_mig_object_move(struct vfio_mig_object *obj,
			 struct vfio_mig_net *from, struct vfio_mig_net *to);
void vfio_mig_object_remove(struct vfio_mig_object *obj);

struct vfio_mig_object *
vfio_mig_find_handle(const struct vfio_mig_net *ns, enum vfio_mig_kind kind,
		     const struct vfio_mig_handle *handle);
struct vfio_mig_object *vfio_mig_find_id(struct vfio_mig_net *ns,
					 enum vfio_mig_kind kind, u32 id);
struct vfio_mig_profile *
vfio_mig_object_profile(const struct vfio_mig_object *obj,
			const struct vfio_mig_net *ns);

int vfio_mig_policy_edit(struct vfio_mig_net *ns, const char *driver,
			 const struct vfio_mig_edits *edits,
			 struct vfio_mig_refusal *refusal);

int vfio_mig_registry_init(void);
void vfio_mig_registry_exit(void);

#endif
