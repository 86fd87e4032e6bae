// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which code of a module has run, whether or not the kernel has KCOV: modules
 * that are compiled with -fsanitize-coverage=trace-pc and tell.h call this one
 * wherever a block of code begins. Unlike KCOV it counts whoever runs it,
 * workers included, and from one load of a module to the next.
 *
 * For Linux 6.12 and later.
 */

#include <linux/bitmap.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/vmalloc.h>

#include "vfio_mig_cover.h"

#define CODES	16

/**
 * struct code - code of a module
 * @module: the module's name
 * @init: it is what runs only when the module is loaded
 * @base: where it is now, or was last
 * @size: how many bytes
 * @hit: one bit for each byte behind which a call has returned
 */
struct code {
	char module[MODULE_NAME_LEN];
	bool init;
	unsigned long base;
	unsigned long size;
	unsigned long *hit;
};

static struct code codes[CODES];
static unsigned int n_codes;
static struct dentry *file;

/**
 * vfio_mig_cover_hit - note that a block of code runs
 *
 * Context: any.
 */
void notrace vfio_mig_cover_hit(void)
{
	unsigned long pc = (unsigned long)__builtin_return_address(0);
	unsigned int i, n;

	/* pairs with the release in add_code() */
	n = smp_load_acquire(&n_codes);
	for (i = 0; i < n; i++) {
		unsigned long at = pc - READ_ONCE(codes[i].base);

		if (at >= codes[i].size)
			continue;
		if (!test_bit(at, codes[i].hit))
			set_bit(at, codes[i].hit);
		return;
	}
}
EXPORT_SYMBOL(vfio_mig_cover_hit);

static void add_code(const struct module *mod, bool init)
{
	const struct module_memory *mem;
	struct code *code;
	unsigned int i;

	mem = &mod->mem[init ? MOD_INIT_TEXT : MOD_TEXT];
	if (!mem->size)
		return;
	for (i = 0; i < n_codes; i++) {
		code = &codes[i];
		if (code->init == init && !strcmp(code->module, mod->name)) {
			WRITE_ONCE(code->base, (unsigned long)mem->base);
			return;
		}
	}
	if (n_codes == CODES)
		return;
	code = &codes[n_codes];
	strscpy(code->module, mod->name, sizeof(code->module));
	code->init = init;
	code->base = (unsigned long)mem->base;
	code->size = mem->size;
	code->hit = vzalloc(BITS_TO_LONGS(mem->size) * sizeof(long));
	if (code->hit)
		/* pairs with the acquire of who looks for it */
		smp_store_release(&n_codes, n_codes + 1);
}

/* Calls come one after the other, under a lock of the core's. */
static int module_event(struct notifier_block *nb, unsigned long event,
			void *data)
{
	const struct module *mod = data;

	if (event == MODULE_STATE_COMING && strstarts(mod->name, "vfio_mig")) {
		add_code(mod, false);
		add_code(mod, true);
	}
	return NOTIFY_OK;
}

static struct notifier_block module_nb = { .notifier_call = module_event };

/* MODULE text|init OFFSET: behind the call that has returned. */
static int hits_show(struct seq_file *seq, void *unused)
{
	unsigned long at;
	unsigned int i;

	for (i = 0; i < n_codes; i++) {
		seq_printf(seq, "%s %s base %lx\n", codes[i].module,
			   codes[i].init ? "init" : "text", codes[i].base);
		for_each_set_bit(at, codes[i].hit, codes[i].size)
			seq_printf(seq, "%s %s %lx\n", codes[i].module,
				   codes[i].init ? "init" : "text", at);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hits);

static int __init cover_init(void)
{
	int err = register_module_notifier(&module_nb);

	if (err)
		return err;
	file = debugfs_create_file("vfio_mig_cover", 0400, NULL, NULL,
				   &hits_fops);
	return 0;
}

static void __exit cover_exit(void)
{
	unsigned int i;

	debugfs_remove(file);
	unregister_module_notifier(&module_nb);
	for (i = 0; i < n_codes; i++)
		vfree(codes[i].hit);
}

module_init(cover_init);
module_exit(cover_exit);
MODULE_DESCRIPTION("Which code of a module has run");
MODULE_LICENSE("GPL");
