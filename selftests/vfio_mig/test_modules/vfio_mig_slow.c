// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the tests only: a network namespace that dies while it is being told that
 * a device is gone from it.
 *
 * After 1 was written to the parameter "slow", the next event of this kind in
 * another than the initial namespace is held up until the namespace dies, and
 * then a moment longer: vfio_mig must still have what it keeps for it. The
 * event itself is not sent.
 */

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <net/net_namespace.h>

/* VFIO_MIG_EVENT_DEL of vfio_mig's own headers */
#define EVENT_DEL	1

#define DEATH_MS	30000
#define MOMENT_MS	300

static int slow;
static bool telling;
static bool died;
static bool forgotten;

module_param(slow, int, 0644);
MODULE_PARM_DESC(slow, "1: hold up an event");
module_param(telling, bool, 0444);
MODULE_PARM_DESC(telling, "An event is held up");
module_param(died, bool, 0444);
MODULE_PARM_DESC(died, "The namespace has begun to die meanwhile");
module_param(forgotten, bool, 0444);
MODULE_PARM_DESC(forgotten, "It was forgotten before it was told of all");

/* Where the event is told of that is held up. */
static struct net *told;
static DECLARE_COMPLETION(dying);

/* What is called in place of vfio_mig_nl_notify(). */
static noinline void tell_slowly(struct net *net)
{
	unsigned long left;

	reinit_completion(&dying);
	WRITE_ONCE(forgotten, false);
	WRITE_ONCE(told, net);
	WRITE_ONCE(telling, true);
	left = wait_for_completion_timeout(&dying, msecs_to_jiffies(DEATH_MS));
	WRITE_ONCE(died, left);
	msleep(MOMENT_MS);
	WRITE_ONCE(told, NULL);
	WRITE_ONCE(telling, false);
}

NOKPROBE_SYMBOL(tell_slowly);

static int on_notify(struct kprobe *probe, struct pt_regs *regs)
{
	struct net *net = (void *)regs_get_kernel_argument(regs, 0);

	if (!READ_ONCE(slow) || net_eq(net, &init_net) ||
	    regs_get_kernel_argument(regs, 2) != EVENT_DEL)
		return 0;

	WRITE_ONCE(slow, 0);
	instruction_pointer_set(regs, (unsigned long)tell_slowly);
	return 1;
}

NOKPROBE_SYMBOL(on_notify);

/* That there is one tells kprobes that the other may divert the call. */
static void after_notify(struct kprobe *probe, struct pt_regs *regs,
			 unsigned long flags)
{
}

static struct kprobe notify = {
	.symbol_name = "vfio_mig_nl_notify",
	.pre_handler = on_notify,
	.post_handler = after_notify,
};

static int on_death(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct net *net = (void *)regs_get_kernel_argument(regs, 0);

	/* of others, the return does not matter */
	if (net != READ_ONCE(told))
		return 1;
	complete(&dying);
	return 0;
}

NOKPROBE_SYMBOL(on_death);

static int after_death(struct kretprobe_instance *instance,
		       struct pt_regs *regs)
{
	if (READ_ONCE(told))
		WRITE_ONCE(forgotten, true);
	return 0;
}

NOKPROBE_SYMBOL(after_death);

static struct kretprobe death = {
	.kp.symbol_name = "vfio_mig_net_exit",
	.entry_handler = on_death,
	.handler = after_death,
};

static int __init vfio_mig_slow_init(void)
{
	int err;

	err = register_kprobe(&notify);
	if (err)
		return err;
	err = register_kretprobe(&death);
	if (err)
		unregister_kprobe(&notify);
	return err;
}

static void __exit vfio_mig_slow_exit(void)
{
	unregister_kretprobe(&death);
	unregister_kprobe(&notify);
}

module_init(vfio_mig_slow_init);
module_exit(vfio_mig_slow_exit);

MODULE_DESCRIPTION("Slow events for the tests of vfio_mig");
MODULE_LICENSE("GPL");
