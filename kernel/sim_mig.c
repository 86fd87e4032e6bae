// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of a migration, second version of the protocol. By which arcs one
 * goes from one state to another is for the VFIO core to know.
 *
 * A stream that a device refuses puts it into ERROR, out of which only a reset
 * leads. So does one that ends too early: that it is whole is known when it is
 * loaded, after which no more is taken.
 *
 * A reset may take the state's lock: nothing under it touches memory of a
 * user, and no caller holds a lock that is taken under it, as drivers of PCI
 * devices must fear.
 */

#include <linux/err.h>
#include <linux/file.h>

#include "sim.h"

static void drop_files(struct sim_vdev *sv)
{
	lockdep_assert_held(&sv->state_lock);

	sim_save_end(sv);
	sim_resume_end(sv);
}

/* Who writes the stream has no lock of the device, and leaves it to us. */
static void notice_failure(struct sim_vdev *sv)
{
	lockdep_assert_held(&sv->state_lock);

	if (sim_resume_failed(sv)) {
		drop_files(sv);
		sv->state = VFIO_DEVICE_STATE_ERROR;
	}
}

#define ARC(from, to)	((from) << 8 | (to))

/* One arc. Where a file begins with it, returns that. */
static struct file *step(struct sim_vdev *sv, enum vfio_device_mig_state next)
{
	int err = 0;

	switch (ARC(sv->state, next)) {
	case ARC(VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_STOP_COPY):
		return sim_save_start(sv, false);
	case ARC(VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_PRE_COPY):
	case ARC(VFIO_DEVICE_STATE_RUNNING_P2P,
		 VFIO_DEVICE_STATE_PRE_COPY_P2P):
		return sim_save_start(sv, true);
	case ARC(VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RESUMING):
		return sim_resume_start(sv);
	case ARC(VFIO_DEVICE_STATE_PRE_COPY_P2P, VFIO_DEVICE_STATE_STOP_COPY):
		sim_save_finish(sv);
		break;
	case ARC(VFIO_DEVICE_STATE_RESUMING, VFIO_DEVICE_STATE_STOP):
		err = sim_resume_load(sv);
		if (!err)
			drop_files(sv);
		break;
	case ARC(VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_STOP):
	case ARC(VFIO_DEVICE_STATE_PRE_COPY, VFIO_DEVICE_STATE_RUNNING):
	case ARC(VFIO_DEVICE_STATE_PRE_COPY_P2P,
		 VFIO_DEVICE_STATE_RUNNING_P2P):
		drop_files(sv);
		break;
	default:
		/* it does nothing by itself that would have to be stopped */
		break;
	}
	return ERR_PTR(err);
}

/*
 * The core warns of a device that is in ERROR, and up to some version looks
 * for ever for a way to copy beforehand what is being copied already.
 */
static int next_state(struct sim_vdev *sv, enum vfio_device_mig_state wanted,
		      enum vfio_device_mig_state *next)
{
	if (sv->state == VFIO_DEVICE_STATE_ERROR)
		return -EINVAL;
	if (sv->state == VFIO_DEVICE_STATE_STOP_COPY &&
	    (wanted == VFIO_DEVICE_STATE_PRE_COPY ||
	     wanted == VFIO_DEVICE_STATE_PRE_COPY_P2P))
		return -EINVAL;
	return vfio_mig_get_next_state(&sv->vdev, sv->state, wanted, next);
}

static struct file *set_state(struct vfio_device *vdev,
			      enum vfio_device_mig_state wanted)
{
	struct sim_vdev *sv = to_sim_vdev(vdev);
	struct file *filp = NULL;

	mutex_lock(&sv->state_lock);
	notice_failure(sv);
	while (sv->state != wanted) {
		enum vfio_device_mig_state next;
		int err;

		err = next_state(sv, wanted, &next);
		if (err) {
			filp = ERR_PTR(err);
			break;
		}
		filp = step(sv, next);
		notice_failure(sv);
		if (IS_ERR(filp))
			break;
		sv->state = next;
		/* the core's arcs end where a file begins */
		if (WARN_ON_ONCE(filp && next != wanted)) {
			fput(filp);
			filp = ERR_PTR(-EIO);
			break;
		}
	}
	mutex_unlock(&sv->state_lock);
	return filp;
}

static int get_state(struct vfio_device *vdev,
		     enum vfio_device_mig_state *state)
{
	struct sim_vdev *sv = to_sim_vdev(vdev);

	mutex_lock(&sv->state_lock);
	notice_failure(sv);
	*state = sv->state;
	mutex_unlock(&sv->state_lock);
	return 0;
}

static int __maybe_unused get_data_size(struct vfio_device *vdev,
					unsigned long *size)
{
	*size = sim_save_size(to_sim_vdev(vdev));
	return 0;
}

const struct vfio_migration_ops sim_mig_ops = {
	.migration_set_state = set_state,
	.migration_get_state = get_state,
	COMPAT_MIG_DATA_SIZE(get_data_size)
};

/**
 * sim_mig_reset - end a migration, whatever it is at
 * @sv: the device
 *
 * Its files, should somebody still have them, are dead.
 */
void sim_mig_reset(struct sim_vdev *sv)
{
	mutex_lock(&sv->state_lock);
	drop_files(sv);
	sv->state = VFIO_DEVICE_STATE_RUNNING;
	mutex_unlock(&sv->state_lock);
}
