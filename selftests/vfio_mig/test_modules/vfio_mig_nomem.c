// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the tests only: lets vfio_mig have no memory for a profile. The next
 * calls of vfio_mig_draft_seal(), as many as the parameter "fail" says, return
 * -ENOMEM. Likewise for events: as many as "fail_events" says get no buffer.
 */

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>

static atomic_t fail = ATOMIC_INIT(0);
static atomic_t failed = ATOMIC_INIT(0);
static atomic_t fail_events = ATOMIC_INIT(0);

static int atomic_set_param(const char *val, const struct kernel_param *kp)
{
	int value, err;

	err = kstrtoint(val, 0, &value);
	if (!err)
		atomic_set(kp->arg, value);
	return err;
}

static int atomic_get_param(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read(kp->arg));
}

static const struct kernel_param_ops atomic_ops = {
	.set = atomic_set_param,
	.get = atomic_get_param,
};

module_param_cb(fail, &atomic_ops, &fail, 0644);
MODULE_PARM_DESC(fail, "Calls that are still to fail");
module_param_cb(failed, &atomic_ops, &failed, 0644);
MODULE_PARM_DESC(failed, "Calls that have failed");
module_param_cb(fail_events, &atomic_ops, &fail_events, 0644);
MODULE_PARM_DESC(fail_events, "Events that are still to fail");

/* What is called in place of the function. Its arguments do not matter. */
static noinline void *no_memory(void)
{
	return ERR_PTR(-ENOMEM);
}

NOKPROBE_SYMBOL(no_memory);

static int on_call(struct kprobe *probe, struct pt_regs *regs)
{
	if (!atomic_add_unless(&fail, -1, 0))
		return 0;

	atomic_inc(&failed);
	instruction_pointer_set(regs, (unsigned long)no_memory);
	return 1;
}

NOKPROBE_SYMBOL(on_call);

static noinline void *no_buffer(void)
{
	return NULL;
}

NOKPROBE_SYMBOL(no_buffer);

/* Buffers are for everybody: is it an event's? */
static int on_alloc(struct kprobe *probe, struct pt_regs *regs)
{
	static const char who[] = "vfio_mig_nl_notify";
	char caller[KSYM_SYMBOL_LEN];

	if (!atomic_read(&fail_events))
		return 0;

	sprint_symbol(caller, *(unsigned long *)kernel_stack_pointer(regs));
	if (strncmp(caller, who, sizeof(who) - 1) ||
	    !atomic_add_unless(&fail_events, -1, 0))
		return 0;

	instruction_pointer_set(regs, (unsigned long)no_buffer);
	return 1;
}

NOKPROBE_SYMBOL(on_alloc);

/* That there is one tells kprobes that the other may divert the call. */
static void after_call(struct kprobe *probe, struct pt_regs *regs,
		       unsigned long flags)
{
}

static struct kprobe probe = {
	.symbol_name = "vfio_mig_draft_seal",
	.pre_handler = on_call,
	.post_handler = after_call,
};

static struct kprobe event_probe = {
	.symbol_name = "__alloc_skb",
	.pre_handler = on_alloc,
	.post_handler = after_call,
};

static struct kprobe *probes[] = { &probe, &event_probe };

static int __init vfio_mig_nomem_init(void)
{
	return register_kprobes(probes, ARRAY_SIZE(probes));
}

static void __exit vfio_mig_nomem_exit(void)
{
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}

module_init(vfio_mig_nomem_init);
module_exit(vfio_mig_nomem_exit);

MODULE_DESCRIPTION("Failing allocations for the tests of vfio_mig");
MODULE_LICENSE("GPL");
