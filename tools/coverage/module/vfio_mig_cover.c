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
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/vmalloc.h>

#include "vfio_mig_cover.h"

#define CODES	16

/**
 * struct code - code of a module
 * @module: the module's name
 * @init: it is what runs only when the module is loaded
 * @base: where it is now, or was last
 * @there: the same, or 0 if it is gone: something else may be there then
 * @size: how many bytes
 * @hit: one bit for each byte behind which a call has returned
 */
struct code {
	char module[MODULE_NAME_LEN];
	bool init;
	unsigned long base;
	unsigned long there;
	unsigned long size;
	unsigned long *hit;
};

/* Taken to change where they are, and how many. */
static DEFINE_MUTEX(codes_lock);
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
		unsigned long at = pc - READ_ONCE(codes[i].there);

		if (at >= codes[i].size)
			continue;
		if (!test_bit(at, codes[i].hit))
			set_bit(at, codes[i].hit);
		return;
	}
}
EXPORT_SYMBOL(vfio_mig_cover_hit);

static struct code *find_code(const struct module *mod, bool init)
{
	unsigned int i;

	for (i = 0; i < n_codes; i++)
		if (codes[i].init == init &&
		    !strcmp(codes[i].module, mod->name))
			return &codes[i];
	return NULL;
}

static void add_code(const struct module *mod, bool init)
{
	const struct module_memory *mem;
	struct code *code;

	mem = &mod->mem[init ? MOD_INIT_TEXT : MOD_TEXT];
	if (!mem->size)
		return;
	code = find_code(mod, init);
	if (code) {
		code->base = (unsigned long)mem->base;
		WRITE_ONCE(code->there, code->base);
		return;
	}
	if (n_codes == CODES)
		return;
	code = &codes[n_codes];
	strscpy(code->module, mod->name, sizeof(code->module));
	code->init = init;
	code->base = (unsigned long)mem->base;
	code->there = code->base;
	code->size = mem->size;
	code->hit = vzalloc(BITS_TO_LONGS(mem->size) * sizeof(long));
	if (code->hit)
		/* pairs with the acquire of who looks for it */
		smp_store_release(&n_codes, n_codes + 1);
}

static void drop_code(const struct module *mod, bool init)
{
	struct code *code = find_code(mod, init);

	if (code)
		WRITE_ONCE(code->there, 0);
}

/* Modules may come and go side by side. */
static int module_event(struct notifier_block *nb, unsigned long event,
			void *data)
{
	const struct module *mod = data;

	if (!strstarts(mod->name, "vfio_mig"))
		return NOTIFY_OK;
	mutex_lock(&codes_lock);
	if (event == MODULE_STATE_COMING) {
		add_code(mod, false);
		add_code(mod, true);
	} else {
		/* what is for the beginning goes when that is over */
		drop_code(mod, true);
		if (event == MODULE_STATE_GOING)
			drop_code(mod, false);
	}
	mutex_unlock(&codes_lock);
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
