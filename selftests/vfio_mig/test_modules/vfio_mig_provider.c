// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the tests only: a provider that says and does what it is told to, right
 * or wrong, by parameters that can be written at any time.
 *
 * What it says is a list of statements with semicolons between, one for each
 * function of <linux/vfio_mig.h> to call.
 */

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vfio.h>
#include <linux/vfio_mig.h>

#include <linux/mdev.h>

/* Guards what the callbacks look at. */
static DEFINE_MUTEX(says_lock);
static char says[PAGE_SIZE];
static char says_type[PAGE_SIZE];
static char got[PAGE_SIZE];
static char refuse[128];
static char only[128];
static u64 units = 2;
static struct mdev_parent *parent;

/* Guards the rest. A callback takes it never: who unregisters holds it. */
static DEFINE_MUTEX(control_lock);
static bool registered;
static bool announced;

static atomic_t describes = ATOMIC_INIT(0);
static atomic_t running = ATOMIC_INIT(0);
static unsigned int pause;

static char *driver = "vfio-pci";
module_param(driver, charp, 0444);
MODULE_PARM_DESC(driver, "Whose devices it describes");
module_param(pause, uint, 0644);
MODULE_PARM_DESC(pause, "Milliseconds that each callback takes");

static u64 num(const char *arg)
{
	u64 value = 0;

	if (arg && kstrtou64(arg, 0, &value))
		pr_err("test: no number: %s\n", arg);
	return value;
}

static struct vfio_mig_version *version(const char *arg,
					struct vfio_mig_version *v)
{
	memset(v, 0, sizeof(*v));
	if (!arg || sscanf(arg, "%u.%u.%u", &v->major, &v->minor,
			   &v->patch) != 3)
		return NULL;
	return v;
}

/* One statement: a word, and up to five arguments. Returns an error to fail. */
static int say(struct vfio_mig_draft *draft, char *statement)
{
	struct vfio_mig_version v, w;
	char *word, *a[5] = { NULL };
	unsigned int i;
	u64 words[4];
	int err = 0;

	word = strsep(&statement, " ");
	for (i = 0; i < ARRAY_SIZE(a) && statement; i++)
		a[i] = strsep(&statement, " ");

	if (!strcmp(word, "bool")) {
		vfio_mig_draft_bool(draft, a[0], num(a[1]));
	} else if (!strcmp(word, "u64")) {
		vfio_mig_draft_u64(draft, a[0], num(a[1]));
	} else if (!strcmp(word, "units")) {
		vfio_mig_draft_u64(draft, a[0], units);
	} else if (!strcmp(word, "string")) {
		vfio_mig_draft_string(draft, a[0], a[1]);
	} else if (!strcmp(word, "version")) {
		version(a[1], &v);
		vfio_mig_draft_version(draft, a[0], v.major, v.minor, v.patch);
	} else if (!strcmp(word, "bits")) {
		for (i = 0; i < 4 && a[i + 1]; i++)
			words[i] = num(a[i + 1]);
		vfio_mig_draft_bits(draft, a[0], words, i);
	} else if (!strcmp(word, "many")) {
		/* as many attributes, each of a string so long */
		char name[16], text[301];

		memset(text, 'x', sizeof(text));
		text[min_t(u64, num(a[1]), 300)] = '\0';
		for (i = 0; i < num(a[0]); i++) {
			snprintf(name, sizeof(name), "many%02u", i);
			vfio_mig_draft_string(draft, name, text);
		}
	} else if (!strcmp(word, "rule")) {
		vfio_mig_draft_rule(draft, num(a[0]));
	} else if (!strcmp(word, "severity")) {
		vfio_mig_draft_severity(draft, num(a[0]), num(a[1]));
	} else if (!strcmp(word, "label")) {
		vfio_mig_draft_label(draft, num(a[0]), a[1]);
	} else if (!strcmp(word, "accept-u64")) {
		vfio_mig_draft_accept_u64(draft, num(a[0]), num(a[1]));
	} else if (!strcmp(word, "accept-string")) {
		vfio_mig_draft_accept_string(draft, a[0]);
	} else if (!strcmp(word, "accept-version")) {
		vfio_mig_draft_accept_version(draft, version(a[0], &v),
					      version(a[1], &w));
	} else if (!strcmp(word, "settable-u64")) {
		vfio_mig_draft_settable_u64(draft, num(a[0]), num(a[1]));
	} else if (!strcmp(word, "settable-string")) {
		vfio_mig_draft_settable_string(draft, a[0]);
	} else if (!strcmp(word, "settable-version")) {
		vfio_mig_draft_settable_version(draft, version(a[0], &v),
						version(a[1], &w));
	} else if (!strcmp(word, "replace")) {
		vfio_mig_draft_replace_rule(draft, a[0], num(a[1]));
	} else if (!strcmp(word, "migratable")) {
		vfio_mig_draft_migratable(draft, num(a[0]));
	} else if (!strcmp(word, "error")) {
		err = -(int)num(a[0]);
	} else {
		pr_err("test: no such statement: %s\n", word);
		err = -EINVAL;
	}
	return err;
}

static int say_all(struct vfio_mig_draft *draft, const char *what)
{
	char *copy, *at, *statement;
	int err = 0;

	mutex_lock(&says_lock);
	copy = kstrdup(what, GFP_KERNEL);
	if (!copy)
		err = -ENOMEM;
	at = copy;
	while (!err && at && *at) {
		statement = strim(strsep(&at, ";"));
		if (*statement)
			err = say(draft, statement);
	}
	mutex_unlock(&says_lock);
	kfree(copy);
	return err;
}

static void begin_callback(void)
{
	atomic_inc(&running);
	if (READ_ONCE(pause))
		msleep(READ_ONCE(pause));
}

static void end_callback(void)
{
	atomic_dec(&running);
}

static int describe(struct vfio_device *vdev, struct vfio_mig_draft *draft)
{
	int err;

	begin_callback();
	atomic_inc(&describes);
	if (*only && strcmp(only, dev_name(vdev->dev)))
		err = -ENODEV;
	else
		err = say_all(draft, says);
	end_callback();
	return err;
}

static int describe_type(struct mdev_type *type, struct vfio_mig_draft *draft)
{
	int err;

	begin_callback();
	WRITE_ONCE(parent, type->parent);
	err = say_all(draft, says_type);
	end_callback();
	return err;
}

static void note(const struct vfio_mig_setting *setting)
{
	size_t len = strlen(got);

	switch (setting->type) {
	case VFIO_MIG_A_ATTR_U64:
		scnprintf(got + len, sizeof(got) - len, "%s=%llu;",
			  setting->name, setting->num);
		break;
	case VFIO_MIG_A_ATTR_STRING:
		scnprintf(got + len, sizeof(got) - len, "%s=%s;",
			  setting->name, setting->string);
		break;
	case VFIO_MIG_A_ATTR_VERSION:
		scnprintf(got + len, sizeof(got) - len, "%s=%u.%u.%u;",
			  setting->name, setting->version.major,
			  setting->version.minor, setting->version.patch);
		break;
	}
}

/* The parameter "refuse" is an error, an attribute or -, and a reason. */
static int set(struct vfio_device *vdev,
	       const struct vfio_mig_setting *settings, unsigned int n,
	       struct vfio_mig_set_fault *fault)
{
	static char reason[128];
	char name[64];
	unsigned int i;
	int err = 0;

	begin_callback();
	mutex_lock(&says_lock);
	for (i = 0; i < n; i++)
		note(&settings[i]);
	scnprintf(got + strlen(got), sizeof(got) - strlen(got), "!");

	reason[0] = '\0';
	if (sscanf(refuse, "%d %63s %127[^\n]", &err, name, reason) >= 2) {
		err = -err;
		for (i = 0; i < n; i++)
			if (!strcmp(settings[i].name, name))
				fault->setting = &settings[i];
		fault->reason = reason[0] ? reason : NULL;
	}
	for (i = 0; !err && i < n; i++)
		if (!strcmp(settings[i].name, "units"))
			units = settings[i].num;
	mutex_unlock(&says_lock);
	end_callback();
	return err;
}

static struct vfio_mig_provider provider = {
	.describe = describe,
	.describe_type = describe_type,
	.set = set,
};

static int text_set(const char *val, const struct kernel_param *kp)
{
	char *text = kp->arg;

	mutex_lock(&says_lock);
	strscpy(text, val, text == refuse || text == only ? sizeof(refuse) :
							    PAGE_SIZE);
	text[strcspn(text, "\n")] = '\0';
	mutex_unlock(&says_lock);
	return 0;
}

static int text_get(char *buf, const struct kernel_param *kp)
{
	int len;

	mutex_lock(&says_lock);
	len = sysfs_emit(buf, "%s\n", (char *)kp->arg);
	mutex_unlock(&says_lock);
	return len;
}

static const struct kernel_param_ops text_ops = {
	.set = text_set,
	.get = text_get,
};

module_param_cb(says, &text_ops, says, 0644);
MODULE_PARM_DESC(says, "What it says of a device");
module_param_cb(says_type, &text_ops, says_type, 0644);
MODULE_PARM_DESC(says_type, "What it says of a type");
module_param_cb(got, &text_ops, got, 0644);
MODULE_PARM_DESC(got, "What set() was called with");
module_param_cb(refuse, &text_ops, refuse, 0644);
MODULE_PARM_DESC(refuse, "Why set() fails: errno, attribute or -, reason");
module_param_cb(only, &text_ops, only, 0644);
MODULE_PARM_DESC(only, "The only device that it knows");
module_param(units, ullong, 0644);
MODULE_PARM_DESC(units, "What set() sets");

static int count_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read(kp->arg));
}

static const struct kernel_param_ops count_ops = {
	.get = count_get,
};

module_param_cb(describes, &count_ops, &describes, 0444);
MODULE_PARM_DESC(describes, "Calls of describe()");
module_param_cb(running, &count_ops, &running, 0444);
MODULE_PARM_DESC(running, "Callbacks that have not returned");

static int set_registered(bool on)
{
	int err = 0;

	lockdep_assert_held(&control_lock);

	if (on == registered)
		return on ? -EALREADY : 0;
	if (on) {
		err = vfio_mig_provider_register(&provider);
		if (err)
			return err;
	} else {
		vfio_mig_provider_unregister(&provider);
		WARN_ON(atomic_read(&running));
	}
	registered = on;
	return 0;
}

static int set_announced(bool on)
{
	int err = 0;

	lockdep_assert_held(&control_lock);

	if (!parent)
		return -ENODEV;
	if (on)
		err = vfio_mig_parent_add(parent);
	else
		vfio_mig_parent_remove(parent);
	if (!err)
		announced = on;
	return err;
}

static int flag_set(const char *val, const struct kernel_param *kp)
{
	bool on;
	int err;

	err = kstrtobool(val, &on);
	if (err)
		return err;
	mutex_lock(&control_lock);
	/* before the module is ready only the flag is noted */
	if (!provider.driver)
		*(bool *)kp->arg = on;
	else if (kp->arg == &registered)
		err = set_registered(on);
	else
		err = set_announced(on);
	mutex_unlock(&control_lock);
	return err;
}

static const struct kernel_param_ops flag_ops = {
	.set = flag_set,
	.get = param_get_bool,
};

module_param_cb(registered, &flag_ops, &registered, 0644);
MODULE_PARM_DESC(registered, "Is it registered?");
module_param_cb(announced, &flag_ops, &announced, 0644);
MODULE_PARM_DESC(announced, "Is the parent announced, of which a type was described?");

/* A second provider for the same driver. */
static int second_set(const char *val, const struct kernel_param *kp)
{
	static struct vfio_mig_provider second = { .describe = describe };
	int err;

	second.driver = driver;
	err = vfio_mig_provider_register(&second);
	if (!err)
		vfio_mig_provider_unregister(&second);
	return err;
}

static const struct kernel_param_ops second_ops = {
	.set = second_set,
};

module_param_cb(second, &second_ops, NULL, 0200);
MODULE_PARM_DESC(second, "Write to it to register a second provider");

/* Where nothing may sleep. */
static struct vfio_device *changed_vdev;

static void changed_in_irq(struct irq_work *work)
{
	vfio_mig_changed(changed_vdev);
}

static DEFINE_IRQ_WORK(changed_work, changed_in_irq);

/* How many times, and of which of vfio-pci's devices. */
static int changed_set(const char *val, const struct kernel_param *kp)
{
	struct device *dev;
	char name[32];
	unsigned int n;
	int err = 0;

	if (sscanf(val, "%u %31s", &n, name) != 2)
		return -EINVAL;
	dev = bus_find_device_by_name(&pci_bus_type, NULL, name);
	if (!dev)
		return -ENODEV;
	device_lock(dev);
	/* vfio-pci's own struct begins with the VFIO device */
	changed_vdev = dev_get_drvdata(dev);
	if (dev->driver && !strcmp(dev->driver->name, "vfio-pci")) {
		irq_work_queue(&changed_work);
		irq_work_sync(&changed_work);
		while (n-- > 1)
			vfio_mig_changed(changed_vdev);
	} else {
		err = -ENODEV;
	}
	device_unlock(dev);
	put_device(dev);
	return err;
}

static const struct kernel_param_ops changed_ops = {
	.set = changed_set,
};

module_param_cb(changed, &changed_ops, NULL, 0200);
MODULE_PARM_DESC(changed, "Calls of vfio_mig_changed(), and PCI address");

static int types_changed_set(const char *val, const struct kernel_param *kp)
{
	if (!parent)
		return -ENODEV;
	vfio_mig_types_changed(parent);
	return 0;
}

static const struct kernel_param_ops types_changed_ops = {
	.set = types_changed_set,
};

module_param_cb(types_changed, &types_changed_ops, NULL, 0200);
MODULE_PARM_DESC(types_changed, "Write to it to have types described again");

static int __init vfio_mig_provider_init(void)
{
	bool on;
	int err = 0;

	mutex_lock(&control_lock);
	provider.driver = driver;
	on = registered;
	registered = false;
	if (on)
		err = set_registered(true);
	mutex_unlock(&control_lock);
	return err;
}

static void __exit vfio_mig_provider_exit(void)
{
	mutex_lock(&control_lock);
	if (announced)
		set_announced(false);
	set_registered(false);
	mutex_unlock(&control_lock);
}

module_init(vfio_mig_provider_init);
module_exit(vfio_mig_provider_exit);

MODULE_DESCRIPTION("A provider for the tests of vfio_mig");
MODULE_LICENSE("GPL");
