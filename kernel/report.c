// SPDX-License-Identifier: GPL-2.0-only
/*
 * What drivers report of streams that they refuse. They do so with locks of
 * their own held, so it is only noted, and published later: what was reported
 * last, and for each device at most once a second.
 *
 * Locking: report_lock guards all reports. It nests inside everything.
 */

#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "discover.h"
#include "refused.h"
#include "registry.h"
#include "report.h"

#define REPORT_DISTANCE	HZ

static DEFINE_SPINLOCK(report_lock);
static LIST_HEAD(reporting);

static void vfio_mig_publish_reports(struct work_struct *work);
static DECLARE_DELAYED_WORK(report_work, vfio_mig_publish_reports);

/**
 * vfio_mig_report_init - a device can report from now on
 * @obj: the device
 */
void vfio_mig_report_init(struct vfio_mig_object *obj)
{
	INIT_LIST_HEAD(&obj->reports.node);
	obj->reports.next = jiffies;
}

/**
 * vfio_mig_report_close - forget what a device has reported
 * @obj: the device, which is about to go
 */
void vfio_mig_report_close(struct vfio_mig_object *obj)
{
	struct vfio_mig_refused *last;

	spin_lock(&report_lock);
	list_del_init(&obj->reports.node);
	last = obj->reports.last;
	obj->reports.last = NULL;
	obj->reports.closed = true;
	spin_unlock(&report_lock);

	vfio_mig_refused_put(last);
}

/* Returns the report in whose place this one is. */
static struct vfio_mig_refused *note(struct vfio_mig_object *obj,
				     struct vfio_mig_refused *refused)
{
	struct vfio_mig_reports *reports = &obj->reports;
	struct vfio_mig_refused *last = NULL;

	spin_lock(&report_lock);
	if (reports->closed) {
		last = refused;
		goto out_unlock;
	}

	/* one for which there was no memory is told of by the next one */
	reports->count++;
	if (!refused)
		goto out_unlock;
	refused->count = reports->count;
	last = reports->last;
	reports->last = refused;
	if (list_empty(&reports->node))
		list_add_tail(&reports->node, &reporting);

out_unlock:
	spin_unlock(&report_lock);
	return last;
}

/**
 * vfio_mig_report_refused - a device has refused a stream
 * @vdev: the device
 * @reason: why, as of vfio_mig_refused_alloc()
 * @source: likewise
 * @target: likewise
 *
 * Context: may sleep, but for memory only. @vdev stays registered.
 */
void vfio_mig_report_refused(struct vfio_device *vdev, const char *reason,
			     const struct vfio_mig_index *source,
			     const struct vfio_mig_profile *target)
{
	struct vfio_mig_refused *refused;
	struct vfio_mig_object *obj;

	refused = vfio_mig_refused_alloc(reason, source, target);
	rcu_read_lock();
	obj = vfio_mig_find_device(vdev);
	if (obj)
		refused = note(obj, refused);
	rcu_read_unlock();

	vfio_mig_refused_put(refused);
	mod_delayed_work(system_percpu_wq, &report_work, 0);
}

/**
 * struct due - a report that can be published
 * @obj: the device, a reference to it
 * @refused: the report, likewise; NULL if there is none
 * @next: when the next will be due, in jiffies from now; 0 if there is none
 */
struct due {
	struct vfio_mig_object *obj;
	struct vfio_mig_refused *refused;
	unsigned long next;
};

static struct due take_due(void)
{
	unsigned long now = jiffies;
	struct vfio_mig_object *obj;
	struct due due = { NULL };

	spin_lock(&report_lock);
	list_for_each_entry(obj, &reporting, reports.node) {
		if (time_before(now, obj->reports.next)) {
			unsigned long left = obj->reports.next - now;

			if (!due.next || left < due.next)
				due.next = left;
			continue;
		}
		/* the registry has one until the reports are closed */
		refcount_inc(&obj->ref);
		due.obj = obj;
		due.refused = obj->reports.last;
		obj->reports.last = NULL;
		obj->reports.next = now + REPORT_DISTANCE;
		list_del_init(&obj->reports.node);
		break;
	}
	spin_unlock(&report_lock);
	return due;
}

static void vfio_mig_publish_reports(struct work_struct *work)
{
	struct due due = take_due();

	while (due.refused) {
		vfio_mig_object_refused(due.obj, due.refused);
		vfio_mig_refused_put(due.refused);
		vfio_mig_object_put(due.obj);
		due = take_due();
	}
	if (due.next)
		schedule_delayed_work(&report_work, due.next);
}

/**
 * vfio_mig_report_exit - publish nothing more
 *
 * All devices must have been removed.
 */
void vfio_mig_report_exit(void)
{
	cancel_delayed_work_sync(&report_work);
}
