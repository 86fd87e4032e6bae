// SPDX-License-Identifier: GPL-2.0-only
/*
 * What simulated devices and their types say of themselves.
 *
 *	version		semver; the parent's
 *	units		equal; a gpu can be given others. The shares of which
 *			a type is made mean something to that type only, and
 *			are told as .aggregator, which informs
 *	memory		at-least; of a gpu, all of whose memory follows from its
 *			units, it is told as .unit-memory, which does not
 *			change when it is given others
 *	features	superset; of net
 *	.interface	of the generations; gen2 takes the parent's list of it
 *	.chpid-type, .subchannel-type	one-of, of ccw
 *	mdev.type	one-of: any gpu can become any other, gen2 what gen1 was
 *
 * A name that begins with a dot has the driver's in front of it. The parent's
 * firmware is not told. Where the provider is switched off, nothing is.
 */

#include <linux/errno.h>
#include <linux/vfio_mig.h>

#include "sim.h"

#define OWN(name)	SIM_NAME "." name

static const char * const gpus[] = {
	SIM_NAME "-gpu-1", SIM_NAME "-gpu-2",
	SIM_NAME "-gpu-4", SIM_NAME "-gpu-8",
};

static const struct {
	u32 bit;
	const char *name;
} net_features[] = {
	{ 0, "csum" }, { 1, "guest-csum" }, { 3, "mtu" }, { 5, "mac" },
	{ 7, "guest-tso4" }, { 8, "guest-tso6" }, { 11, "host-tso4" },
	{ 12, "host-tso6" }, { 15, "mrg-rxbuf" }, { 16, "status" },
	{ 17, "ctrl-vq" }, { 18, "ctrl-rx" }, { 19, "ctrl-vlan" },
	{ 22, "mq" }, { 32, "version-1" }, { 33, "access-platform" },
};

/* What an older driver does not say is for the operator to find out. */
static void missing_undecided(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_severity(draft, VFIO_MIG_SEVERITY_FAIL,
				VFIO_MIG_SEVERITY_UNDECIDED);
}

static struct vfio_mig_version to_version(const struct sim_version *version)
{
	return (struct vfio_mig_version) {
		.major = version->n[0],
		.minor = version->n[1],
		.patch = version->n[2],
	};
}

static void add_version(struct vfio_mig_draft *draft, const char *name,
			const struct sim_version *version)
{
	vfio_mig_draft_version(draft, name, version->n[0], version->n[1],
			       version->n[2]);
}

/* @left: units that there are for it, those that it has among them. */
static void add_units(struct vfio_mig_draft *draft,
		      const struct sim_type_info *info, unsigned int units,
		      unsigned int left)
{
	unsigned int n;

	vfio_mig_draft_u64(draft, "units", units);
	missing_undecided(draft);
	if (!info->settable)
		return;
	/* of a type of which none is left, nothing can be set */
	if (info->units == 1 && left) {
		vfio_mig_draft_settable_u64(draft, 1, left);
	} else {
		for (n = info->units; n <= left; n += info->units)
			vfio_mig_draft_settable_u64(draft, n, n);
	}
	vfio_mig_draft_u64(draft, OWN("aggregator"), units / info->units);
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_ANY);
}

static void add_gpu(struct vfio_mig_draft *draft)
{
	unsigned int i;

	vfio_mig_draft_replace_rule(draft, "mdev.type", VFIO_MIG_RULE_ONE_OF);
	for (i = 0; i < ARRAY_SIZE(gpus); i++)
		vfio_mig_draft_accept_string(draft, gpus[i]);
}

static void add_net(struct vfio_mig_draft *draft, u64 features)
{
	unsigned int i;

	vfio_mig_draft_bits(draft, "features", &features, 1);
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_SUPERSET);
	missing_undecided(draft);
	for (i = 0; i < ARRAY_SIZE(net_features); i++)
		vfio_mig_draft_label(draft, net_features[i].bit,
				     net_features[i].name);
}

static void add_generation(struct vfio_mig_draft *draft, enum sim_kind kind,
			   const struct sim_config *config)
{
	unsigned int i;

	if (kind == SIM_GEN2) {
		vfio_mig_draft_replace_rule(draft, "mdev.type",
					    VFIO_MIG_RULE_ONE_OF);
		vfio_mig_draft_accept_string(draft, SIM_NAME "-gen1");
	}

	add_version(draft, OWN("interface"), &config->interface);
	missing_undecided(draft);
	if (kind != SIM_GEN2 || !config->n_accept)
		return;
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_ONE_OF);
	for (i = 0; i < config->n_accept; i++) {
		const struct sim_range *range = &config->accept[i];
		struct vfio_mig_version min = to_version(&range->min);
		struct vfio_mig_version max = to_version(&range->max);

		vfio_mig_draft_accept_version(draft, &min,
					      range->open ? NULL : &max);
	}
}

static void add_list(struct vfio_mig_draft *draft, const char *name,
		     const struct sim_list *list)
{
	unsigned int i;

	vfio_mig_draft_u64(draft, name, list->value[0]);
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_ONE_OF);
	missing_undecided(draft);
	for (i = 0; i < list->n; i++)
		vfio_mig_draft_accept_u64(draft, list->value[i],
					  list->value[i]);
}

static void add_capacity(struct vfio_mig_draft *draft,
			 const struct sim_type_info *info, u64 unit_memory)
{
	if (info->settable)
		vfio_mig_draft_u64(draft, OWN("unit-memory"), unit_memory);
	else
		vfio_mig_draft_u64(draft, "memory", unit_memory * info->units);
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_AT_LEAST);
	missing_undecided(draft);
}

static int describe(struct sim_parent *parent,
		    const struct sim_type_info *info, unsigned int units,
		    unsigned int left, u64 unit_memory, u64 features,
		    struct vfio_mig_draft *draft)
{
	const struct sim_config *config = &parent->config;

	lockdep_assert_held(&parent->lock);

	if (!config->provider)
		return -ENODEV;

	add_version(draft, "version", &config->version);
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_SEMVER);
	missing_undecided(draft);
	add_capacity(draft, info, unit_memory);
	add_units(draft, info, units, left);

	switch (info->kind) {
	case SIM_GPU:
		add_gpu(draft);
		break;
	case SIM_NET:
		add_net(draft, features);
		break;
	case SIM_GEN1:
	case SIM_GEN2:
		add_generation(draft, info->kind, config);
		break;
	case SIM_CCW:
		add_list(draft, OWN("chpid-type"), &config->chpid_type);
		add_list(draft, OWN("subchannel-type"),
			 &config->subchannel_type);
		break;
	}
	return 0;
}

static int describe_device(struct vfio_device *vdev,
			   struct vfio_mig_draft *draft)
{
	struct sim_vdev *sv = to_sim_vdev(vdev);
	struct sim_parent *parent = sv->parent;
	int err;

	mutex_lock(&parent->lock);
	err = describe(parent, sv->type->info, sv->units,
		       parent->free + sv->units, sv->mem_size / sv->units,
		       sim_vdev_features(sv), draft);
	mutex_unlock(&parent->lock);
	return err;
}

/* A type is what a device of it would be. */
static int describe_type(struct mdev_type *mtype, struct vfio_mig_draft *draft)
{
	struct sim_type *type = to_sim_type(mtype);
	struct sim_parent *parent = type->parent;
	int err;

	mutex_lock(&parent->lock);
	err = describe(parent, type->info, type->info->units, parent->free,
		       parent->config.memory, parent->config.features, draft);
	if (!err)
		vfio_mig_draft_migratable(draft, true);
	mutex_unlock(&parent->lock);
	return err;
}

static int set_units(struct vfio_device *vdev,
		     const struct vfio_mig_setting *settings, unsigned int n,
		     struct vfio_mig_set_fault *fault)
{
	int err;

	/* there is nothing else that could be set */
	if (WARN_ON_ONCE(n != 1 || settings->type != VFIO_MIG_A_ATTR_U64))
		return -EINVAL;

	err = sim_vdev_set_units(to_sim_vdev(vdev), settings->num);
	if (!err)
		return 0;
	fault->setting = settings;
	if (err == -EBUSY)
		fault->reason = "units cannot be set while the device is open";
	else if (err == -ERANGE)
		fault->reason = "the parent has not so many units left";
	return err;
}

static struct vfio_mig_provider provider = {
	.driver = SIM_NAME,
	.describe = describe_device,
	.describe_type = describe_type,
	.set = set_units,
};

/**
 * sim_changed - what a parent's devices and types say of themselves changed
 * @parent: the parent, which is locked
 */
void sim_changed(struct sim_parent *parent)
{
	struct sim_vdev *sv;

	lockdep_assert_held(&parent->lock);

	vfio_mig_types_changed(&parent->mdev);
	list_for_each_entry(sv, &parent->vdevs, node)
		vfio_mig_changed(&sv->vdev);
}

/**
 * sim_profile_init - from now on, describe devices and types
 *
 * Return: 0 or a negative error.
 */
int __init sim_profile_init(void)
{
	return vfio_mig_provider_register(&provider);
}

/**
 * sim_profile_exit - describe none of them any more
 */
void sim_profile_exit(void)
{
	vfio_mig_provider_unregister(&provider);
}
