// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is used today to learn what devices are: sysfs, file by file, and the
 * dumps of devlink and vdpa, read as kernel.c reads ours, so that only the
 * kernels' sides differ.
 *
 * usage: peers RUNS, prints JSON as kernel does, where "attrs" is how many a
 * device has. A device is a PCI device, one of netdevsim, one of vdpa_sim.
 * Whichever of those there are not is left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/devlink.h>
#include <linux/vdpa.h>

#include "nl.h"
#include "report.h"

#define TIMES		200
#define NEW_DEVICE	"/sys/bus/netdevsim/new_device"
#define DEL_DEVICE	"/sys/bus/netdevsim/del_device"
#define N_DEVICES	20

static int sock;
static double ns[RUNS_MAX];

/* Sixteen facts of a PCI device. */
static const char *const files[] = {
	"vendor", "device", "class", "revision",
	"subsystem_vendor", "subsystem_device", "irq", "enable",
	"numa_node", "local_cpus", "local_cpulist", "modalias",
	"dma_mask_bits", "consistent_dma_mask_bits", "ari_enabled",
	"driver_override",
};

#define N_FILES	(sizeof(files) / sizeof(*files))

static void read_files(char paths[N_FILES][256])
{
	char text[4096];
	unsigned int i;

	for (i = 0; i < N_FILES; i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0 || read(fd, text, sizeof(text)) < 0)
			die(paths[i]);
		close(fd);
	}
}

static void measure_sysfs(void)
{
	char paths[N_FILES][256];
	unsigned int i, run;
	glob_t found;

	if (glob("/sys/bus/pci/drivers/vfio-pci/0000:*", 0, NULL, &found))
		return;
	for (i = 0; i < N_FILES; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%s",
			 found.gl_pathv[0], files[i]);
	globfree(&found);

	read_files(paths);
	for (run = 0; run < runs; run++) {
		__u64 from = now();

		for (i = 0; i < TIMES; i++)
			read_files(paths);
		ns[run] = (double)(now() - from) / TIMES;
	}
	report("sysfs", 1, N_FILES, ns);
}

/* Returns how many messages the dump had. */
static unsigned int measure_dump(struct req *req)
{
	struct dump dump;
	unsigned int i, run;

	nl_dump(sock, req, &dump);
	for (run = 0; run < runs; run++) {
		__u64 from = now();

		for (i = 0; i < TIMES; i++)
			nl_dump(sock, req, &dump);
		ns[run] = (double)(now() - from) / TIMES;
	}
	return dump.messages;
}

static bool write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* A parameter is what is most like an attribute of ours. */
static void measure_devlink(void)
{
	unsigned int i, n;
	__u16 family;
	struct req req;
	char text[32];

	if (access(NEW_DEVICE, W_OK))
		return;
	for (i = 0; i < N_DEVICES; i++) {
		snprintf(text, sizeof(text), "%u 1", 1000 + i);
		if (!write_to(NEW_DEVICE, text))
			die(NEW_DEVICE);
	}
	family = nl_family(sock, DEVLINK_GENL_NAME, NULL);
	req_begin(&req, family, DEVLINK_CMD_PARAM_GET, NLM_F_DUMP);
	n = measure_dump(&req);
	for (i = 0; i < runs; i++)
		ns[i] /= N_DEVICES;
	report("devlink-params", N_DEVICES, n / N_DEVICES, ns);

	req_begin(&req, family, DEVLINK_CMD_INFO_GET, NLM_F_DUMP);
	n = measure_dump(&req);
	for (i = 0; i < runs; i++)
		ns[i] /= n;
	report("devlink-info", n, 1, ns);

	for (i = 0; i < N_DEVICES; i++) {
		snprintf(text, sizeof(text), "%u", 1000 + i);
		if (!write_to(DEL_DEVICE, text))
			die(DEL_DEVICE);
	}
}

/* A device of vdpa_sim is told of with six facts. */
static void measure_vdpa(void)
{
	struct req req;
	unsigned int i, n;
	__u16 family;
	char name[16];

	if (access("/sys/module/vdpa_sim_net", F_OK))
		return;
	family = nl_family(sock, VDPA_GENL_NAME, NULL);
	for (i = 0; i < N_DEVICES; i++) {
		snprintf(name, sizeof(name), "vdpa%u", i);
		req_begin(&req, family, VDPA_CMD_DEV_NEW, NLM_F_ACK);
		req_put_text(&req, VDPA_ATTR_MGMTDEV_DEV_NAME, "vdpasim_net");
		req_put_text(&req, VDPA_ATTR_DEV_NAME, name);
		nl_call(sock, &req);
	}
	req_begin(&req, family, VDPA_CMD_DEV_GET, NLM_F_DUMP);
	n = measure_dump(&req);
	for (i = 0; i < runs; i++)
		ns[i] /= n;
	report("vdpa", n, 6, ns);
	for (i = 0; i < N_DEVICES; i++) {
		snprintf(name, sizeof(name), "vdpa%u", i);
		req_begin(&req, family, VDPA_CMD_DEV_DEL, NLM_F_ACK);
		req_put_text(&req, VDPA_ATTR_DEV_NAME, name);
		nl_call(sock, &req);
	}
}

int main(int argc, char **argv)
{
	report_begin(argc > 1 ? argv[1] : NULL);
	sock = nl_open();
	measure_sysfs();
	measure_devlink();
	measure_vdpa();
	report_end();
	return 0;
}
