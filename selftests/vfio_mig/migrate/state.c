// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>

#include "state.h"
#include "uapi.h"

/* A request for a feature, with room for the answer. */
struct feature {
	struct vfio_device_feature head;
	union {
		struct vfio_device_feature_migration mig;
		struct vfio_device_feature_mig_state state;
	};
};

static const char *const names[MIG_STATES] = {
	[VFIO_DEVICE_STATE_ERROR] = "ERROR",
	[VFIO_DEVICE_STATE_STOP] = "STOP",
	[VFIO_DEVICE_STATE_RUNNING] = "RUNNING",
	[VFIO_DEVICE_STATE_STOP_COPY] = "STOP_COPY",
	[VFIO_DEVICE_STATE_RESUMING] = "RESUMING",
	[VFIO_DEVICE_STATE_RUNNING_P2P] = "RUNNING_P2P",
	[VFIO_DEVICE_STATE_PRE_COPY] = "PRE_COPY",
	[VFIO_DEVICE_STATE_PRE_COPY_P2P] = "PRE_COPY_P2P",
};

/**
 * mig_name() - what a state is called
 * @state:	its number, any
 */
const char *mig_name(unsigned int state)
{
	return state < MIG_STATES ? names[state] : "no state";
}

/**
 * mig_saving() - is it one of the states that share a session of saving?
 * @state:	its number
 */
bool mig_saving(unsigned int state)
{
	return state == VFIO_DEVICE_STATE_STOP_COPY ||
	       state == VFIO_DEVICE_STATE_PRE_COPY ||
	       state == VFIO_DEVICE_STATE_PRE_COPY_P2P;
}

/**
 * mig_has() - may a device be asked to go to a state?
 * @flags:	its VFIO_MIGRATION_*
 * @state:	the number, any
 */
bool mig_has(__u64 flags, unsigned int state)
{
	switch (state) {
	case VFIO_DEVICE_STATE_STOP:
	case VFIO_DEVICE_STATE_RUNNING:
	case VFIO_DEVICE_STATE_STOP_COPY:
	case VFIO_DEVICE_STATE_RESUMING:
		return flags & VFIO_MIGRATION_STOP_COPY;
	case VFIO_DEVICE_STATE_RUNNING_P2P:
		return flags & VFIO_MIGRATION_P2P;
	case VFIO_DEVICE_STATE_PRE_COPY:
		return flags & VFIO_MIGRATION_PRE_COPY;
	case VFIO_DEVICE_STATE_PRE_COPY_P2P:
		return flags & VFIO_MIGRATION_P2P &&
		       flags & VFIO_MIGRATION_PRE_COPY;
	default:
		return false;
	}
}

static int ask(struct device *dev, __u32 flags, struct feature *feature,
	       size_t size)
{
	feature->head.argsz = sizeof(feature->head) + size;
	feature->head.flags = flags;
	return ioctl(dev->fd, VFIO_DEVICE_FEATURE, feature) ? -errno : 0;
}

/**
 * mig_flags() - ask a device how it migrates, and note it
 * @dev:	the device
 * @fault:	what went wrong; that it does not migrate is nothing wrong
 *
 * Return: 0 or -1.
 */
int mig_flags(struct device *dev, struct fault *fault)
{
	struct feature feature = { 0 };
	int err;

	err = ask(dev, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION,
		  &feature, sizeof(feature.mig));
	dev->mig = err ? 0 : feature.mig.flags;
	if (err && err != -ENOTTY)
		return fault_set(fault, "info", -err,
				 "ask %s how it migrates", dev->name);
	return 0;
}

/**
 * mig_get() - the state that a device is in
 * @dev:	the device
 * @state:	set to its number
 *
 * Return: 0 or the negative errno.
 */
int mig_get(struct device *dev, unsigned int *state)
{
	struct feature feature = { 0 };
	int err;

	err = ask(dev, VFIO_DEVICE_FEATURE_GET |
		  VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
		  &feature, sizeof(feature.state));
	if (!err)
		*state = feature.state.device_state;
	return err;
}

/**
 * mig_set() - ask a device to go to a state
 * @dev:	the device
 * @state:	where to
 * @data:	set to the new session's stream, or to -1 if there is none
 *
 * Return: 0 or the negative errno.
 */
int mig_set(struct device *dev, unsigned int state, int *data)
{
	struct feature feature = {
		.state = { .device_state = state, .data_fd = -1 },
	};
	int err;

	err = ask(dev, VFIO_DEVICE_FEATURE_SET |
		  VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
		  &feature, sizeof(feature.state));
	*data = err ? -1 : feature.state.data_fd;
	return err;
}

/**
 * mig_go() - go to a state as part of a migration
 * @dev:	the device
 * @state:	where to
 * @data:	set to the new session's stream; or NULL if there should be none
 * @fault:	what went wrong
 *
 * Return: 0 or -1.
 */
int mig_go(struct device *dev, unsigned int state, int *data,
	   struct fault *fault)
{
	unsigned int from = VFIO_DEVICE_STATE_ERROR;
	bool stream;
	int err, fd;

	mig_get(dev, &from);
	err = mig_set(dev, state, &fd);
	stream = fd >= 0;
	if (!err && stream != !!data) {
		if (stream)
			close(fd);
		return fault_set(fault, "state", EPROTO,
				 "%s to %s brought %s stream", mig_name(from),
				 mig_name(state), stream ? "a" : "no");
	}
	if (err)
		return fault_set(fault, "state", -err, "%s to %s",
				 mig_name(from), mig_name(state));
	if (data)
		*data = fd;
	return 0;
}
