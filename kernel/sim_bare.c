// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bare devices, as many as one likes: sim/sim0, sim/sim1, and so on. They are
 * no VFIO devices, and say nothing of themselves but their number. What else
 * there is to say of them the administrator says.
 *
 * The parameter "devices" may be written at any time. The last ones come and
 * go first. If not all can be made, none is.
 */

#include <linux/err.h>
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "bare.h"
#include "sim.h"

#define DEVICES_MAX	100000

/*
 * Guards all below. A parameter can be written before the module is ready,
 * and after it has begun to go.
 */
static DEFINE_MUTEX(sim_lock);
static struct vfio_mig_object **objs;
static unsigned int n_objs;
static unsigned int wanted;
static bool ready;

static void remove_down_to(unsigned int n)
{
	lockdep_assert_held(&sim_lock);

	while (n_objs > n) {
		vfio_mig_bare_remove(objs[--n_objs]);
		cond_resched();
	}
}

static int add_next(void)
{
	struct vfio_mig_object *obj;
	char name[16];

	snprintf(name, sizeof(name), "sim%u", n_objs);
	obj = vfio_mig_bare_add("sim", name, "sim.index", n_objs);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	objs[n_objs++] = obj;
	return 0;
}

static int resize(unsigned int n)
{
	unsigned int before = n_objs;
	int err = 0;

	lockdep_assert_held(&sim_lock);

	remove_down_to(n);
	while (!err && n_objs < n) {
		err = fatal_signal_pending(current) ? -EINTR : add_next();
		cond_resched();
	}
	if (err)
		remove_down_to(before);
	return err;
}

static int devices_set(const char *val, const struct kernel_param *kp)
{
	unsigned int n;
	int err;

	err = kstrtouint(val, 0, &n);
	if (err)
		return err;
	if (n > DEVICES_MAX)
		return -ERANGE;

	mutex_lock(&sim_lock);
	if (ready)
		err = resize(n);
	if (!err)
		wanted = n;
	mutex_unlock(&sim_lock);
	return err;
}

static int devices_get(char *buf, const struct kernel_param *kp)
{
	int len;

	mutex_lock(&sim_lock);
	len = sysfs_emit(buf, "%u\n", wanted);
	mutex_unlock(&sim_lock);
	return len;
}

static const struct kernel_param_ops devices_ops = {
	.set = devices_set,
	.get = devices_get,
};

module_param_cb(devices, &devices_ops, NULL, 0644);
MODULE_PARM_DESC(devices, "How many devices there are, 0 to 100000");

/**
 * sim_bare_init - make as many as the parameter says
 *
 * Return: 0 or a negative error, and then there is none.
 */
int __init sim_bare_init(void)
{
	int err;

	objs = kvcalloc(DEVICES_MAX, sizeof(*objs), GFP_KERNEL);
	if (!objs)
		return -ENOMEM;

	mutex_lock(&sim_lock);
	err = resize(wanted);
	ready = !err;
	mutex_unlock(&sim_lock);
	if (err)
		kvfree(objs);
	return err;
}

/**
 * sim_bare_exit - take them all back, and make no more
 */
void sim_bare_exit(void)
{
	mutex_lock(&sim_lock);
	ready = false;
	remove_down_to(0);
	mutex_unlock(&sim_lock);
	kvfree(objs);
}
