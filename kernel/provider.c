// SPDX-License-Identifier: GPL-2.0-only
/*
 * Providers: who knows more of the devices of a driver than VFIO does.
 *
 * Locking: providers_lock is held for reading as long as a callback may be
 * running, and for writing to add a provider or take it away. It nests inside
 * all other locks of ours under which objects are described: the mutex of the
 * class vfio-dev and an object's guard, or mdev.c's mutex. No lock of ours
 * nests inside it.
 */

#include <linux/export.h>
#include <linux/lockdep.h>
#include <linux/rwsem.h>
#include <linux/string.h>

#include "discover.h"
#include "mdev.h"
#include "provider.h"

static DECLARE_RWSEM(providers_lock);
static LIST_HEAD(providers);

/* A provider at the address of another that is gone is not the same. */
static u64 last_cookie;

static const struct vfio_mig_provider *find(const char *driver)
{
	const struct vfio_mig_provider *provider;

	lockdep_assert_held(&providers_lock);

	list_for_each_entry(provider, &providers, node)
		if (!strcmp(provider->driver, driver))
			return provider;
	return NULL;
}

/**
 * vfio_mig_provider_get - find who describes the devices of a driver
 * @driver: the driver's name, or NULL if there is none
 *
 * Context: may sleep. If there is a provider, it stays, and providers_lock is
 * held, until vfio_mig_provider_put() is called.
 * Return: the provider, or NULL.
 */
const struct vfio_mig_provider *vfio_mig_provider_get(const char *driver)
{
	const struct vfio_mig_provider *provider = NULL;

	if (!driver)
		return NULL;

	down_read(&providers_lock);
	provider = find(driver);
	if (!provider)
		up_read(&providers_lock);
	return provider;
}

/**
 * vfio_mig_provider_put - no callback of a provider is called any more
 * @provider: the provider, or NULL
 */
void vfio_mig_provider_put(const struct vfio_mig_provider *provider)
{
	if (provider)
		up_read(&providers_lock);
}

/**
 * vfio_mig_provider_cookie - tell one provider from another
 * @driver: the driver's name, or NULL if there is none
 *
 * Context: may sleep.
 * Return: a number that no other provider, before or after, has; 0 if there is
 * no provider.
 */
u64 vfio_mig_provider_cookie(const char *driver)
{
	const struct vfio_mig_provider *provider;
	u64 cookie;

	provider = vfio_mig_provider_get(driver);
	cookie = provider ? provider->cookie : 0;
	vfio_mig_provider_put(provider);
	return cookie;
}

/* What is described by another provider than the driver's, or none, is not. */
static void describe_again(void)
{
	vfio_mig_discover_again();
	vfio_mig_mdev_again();
}

/**
 * vfio_mig_provider_register - from now on, describe a driver's devices
 * @provider: the provider
 *
 * The devices that there are, and types, are described before this returns,
 * unless there is no memory: then a little later.
 *
 * Context: may sleep. Takes the mutex of the class vfio-dev, as registering a
 * VFIO device does; not to be called from a provider's callback.
 * Return: 0 or a negative error: -EEXIST if there is a provider for this
 * driver, -EINVAL if the driver's name or describe() is missing.
 */
int vfio_mig_provider_register(struct vfio_mig_provider *provider)
{
	int err = 0;

	if (!provider->driver || !provider->describe)
		return -EINVAL;

	down_write(&providers_lock);
	if (find(provider->driver)) {
		err = -EEXIST;
	} else {
		provider->cookie = ++last_cookie;
		list_add(&provider->node, &providers);
	}
	up_write(&providers_lock);

	if (!err)
		describe_again();
	return err;
}
EXPORT_SYMBOL_GPL(vfio_mig_provider_register);

/**
 * vfio_mig_provider_unregister - describe a driver's devices no longer
 * @provider: the provider, which was registered
 *
 * Devices and types that it described become undeclared, with an event for
 * each. Cannot fail: where there is no memory to say so, it is said a little
 * later, without the provider.
 *
 * Context: may sleep, waits for callbacks that are running. Takes the mutex of
 * the class vfio-dev; not to be called from a provider's callback, nor under a
 * lock that one takes. When it returns, no callback runs or will run.
 */
void vfio_mig_provider_unregister(struct vfio_mig_provider *provider)
{
	down_write(&providers_lock);
	list_del(&provider->node);
	up_write(&providers_lock);

	describe_again();
}
EXPORT_SYMBOL_GPL(vfio_mig_provider_unregister);
