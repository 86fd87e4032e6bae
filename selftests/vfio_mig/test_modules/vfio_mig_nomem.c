// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the tests only: lets vfio_mig have no memory for a profile. The next
 * calls of vfio_mig_draft_seal(), as many as the parameter "fail" says, return
 * -ENOMEM.
 */

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>

static atomic_t fail = ATOMIC_INIT(0);
static atomic_t failed = ATOMIC_INIT(0);

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

static int __init vfio_mig_nomem_init(void)
{
	return register_kprobe(&probe);
}

static void __exit vfio_mig_nomem_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(vfio_mig_nomem_init);
module_exit(vfio_mig_nomem_exit);

MODULE_DESCRIPTION("Failing allocations for the tests of vfio_mig");
MODULE_LICENSE("GPL");
