// disk.c: floppy and hard disk images.
//
// A file of a floppy's exact size, or of less than 64 KiB, is a floppy (short
// ones read as zeros behind their end); any other is a hard disk with the
// geometry that its size gives. In a snapshot, and only there, written sectors
// stay in memory.
#include "pc/device.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ST_NOT_FOUND = 4, ST_PROTECTED = 3, ST_FAILED = 0x20 };

// Floppies by size: what CMOS calls the drive that they fit into
static const struct { u16 kib; u8 cylinders, heads, sectors, type; } formats[] = {
	{ 160, 40, 1, 8, 1 }, { 180, 40, 1, 9, 1 }, { 320, 40, 2, 8, 1 }, { 360, 40, 2, 9, 1 }, { 720, 80, 2, 9, 3 },
	{ 1200, 80, 2, 15, 2 }, { 1440, 80, 2, 18, 4 }, { 1680, 80, 2, 21, 4 }, { 1722, 82, 2, 21, 4 }, { 2880, 80, 2, 36, 5 },
};
enum { FORMAT_1440 = 6, SMALLEST = 64 * 1024, LARGEST = 2880 * 1024 };  // what is smaller is a floppy, too

struct disk_written {
	struct disk_written *next;
	u64 lba;
	u8 bytes[SECTOR];
};

// --- geometry ------------------------------------------------------------------------

static void
floppy_geometry(struct disk *d)
{
	unsigned i;
	for (i = 0; i < COUNTOF(formats) && d->size > formats[i].kib * 1024u; i++) {
	}
	// What is shorter than any has the commonest format.
	if (d->size != formats[i].kib * 1024u && d->size < 1440 * 1024)
		i = FORMAT_1440;
	d->cylinders = formats[i].cylinders;
	d->heads = formats[i].heads;
	d->sectors = formats[i].sectors;
	d->type = formats[i].type;
	d->total = (u64)d->cylinders * d->heads * d->sectors;
}

// Sides double until there are at most 1024 tracks; above that, 255 sides.
static void
hard_geometry(struct disk *d)
{
	u64 tracks, cylinders;
	d->total = (d->size + SECTOR - 1) / SECTOR;
	d->sectors = d->total < 17 * 16 * 1024 ? 17 : 63;
	d->heads = 16;
	tracks = d->total / d->sectors;
	while (tracks / d->heads > 1024 && d->heads < 128)
		d->heads = (u16)(d->heads * 2);
	if (tracks / d->heads > 1024)
		d->heads = 255;
	cylinders = tracks / d->heads;
	d->cylinders = (u16)(cylinders > 1024 ? 1024 : cylinders ? cylinders : 1);
}

static int
is_floppy_size(u64 size)
{
	unsigned i;
	for (i = 0; i < COUNTOF(formats); i++)
		if (size == formats[i].kib * 1024u)
			return 1;
	return size < SMALLEST;
}

// Partitions know the geometry under which they were made: where the first one
// ends tells sides and sectors.
static void
geometry_from_partition(struct disk *d)
{
	u8 mbr[SECTOR];
	unsigned i;
	if (disk_read(d, 0, 1, mbr) || ld16(mbr + 510) != 0xaa55)
		return;
	for (i = 0; i < 4; i++) {
		const u8 *p = mbr + 446 + 16 * i;
		unsigned heads = p[5] + 1u, sectors = p[6] & 63;
		u64 end = (u64)ld32(p + 8) + ld32(p + 12), cylinders;
		if (!p[4] || (p[0] & 0x7f) || sectors < 1 || heads < 2 || heads > 255 || end > d->total || end % (heads * sectors))
			continue;
		cylinders = d->total / (heads * sectors);
		d->heads = (u16)heads;
		d->sectors = (u16)sectors;
		d->cylinders = (u16)(cylinders > 1024 ? 1024 : cylinders ? cylinders : 1);
		return;
	}
}

// How many sectors its boot sector says that there are; 0: it does not say.
static u64
claimed(struct disk *d)
{
	u8 s[SECTOR];
	u64 end = 0;
	unsigned i;
	if (disk_read(d, 0, 1, s) || ld16(s + 510) != 0xaa55)
		return 0;
	// A file system of FAT's kind
	if ((s[0] == 0xeb || s[0] == 0xe9) && ld16(s + 11) == SECTOR && s[13] && ld16(s + 14) && (s[16] == 1 || s[16] == 2))
		return ld16(s + 19) ? ld16(s + 19) : ld32(s + 32);
	for (i = 0; i < 4; i++) {
		const u8 *p = s + 446 + 16 * i;
		if (p[0] & 0x7f)
			return 0;
		if (p[4] && p[4] != 0xee)
			end = max_u64(end, (u64)ld32(p + 8) + ld32(p + 12));
	}
	return end;
}

// What is missing from the file, in why. Short floppies are padded, and no news.
static void
find_truncated(struct disk *d, char *why, size_t whysize, const char *image)
{
	u64 there = d->size / SECTOR, wants = claimed(d);
	u8 s[SECTOR];
	if (d->size % SECTOR && (d->number >= 0x80 || (!disk_read(d, 0, 1, s) && ld16(s + 510) == 0xaa55)))
		snprintf(why, whysize, "%s: truncated, %u bytes of the last sector are missing and read as zeros", image,
			(unsigned)(SECTOR - d->size % SECTOR));
	else if (wants > there && d->size >= SMALLEST)
		snprintf(why, whysize, "%s: truncated, it is made of %llu sectors, of which %llu are in the file", image, (unsigned long long)wants,
			(unsigned long long)there);
}

// --- opening -----------------------------------------------------------------------------

static int
refuse(struct disk *d, char *why, size_t whysize, const char *image, const char *what)
{
	snprintf(why, whysize, "%s: %s", image, what);
	disk_close(d);
	return -1;
}

// Nothing that can be opened keeps blink waiting or becomes its terminal.
enum { OPENING = O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

int
disk_open(struct disk *d, const struct pc_options *o, char *why, size_t whysize)
{
	struct stat st;
	*why = 0;
	memset(d, 0, sizeof *d);
	d->snapshot = (u8)o->snapshot;
	d->fd = open(o->image, (o->snapshot ? O_RDONLY : O_RDWR) | OPENING);
	if (d->fd < 0 && !o->snapshot && (errno == EACCES || errno == EROFS || errno == EPERM || errno == EISDIR || errno == ETXTBSY)) {
		d->fd = open(o->image, O_RDONLY | OPENING);
		d->readonly = 1;
	}
	if (d->fd < 0 || fstat(d->fd, &st))
		return refuse(d, why, whysize, o->image, strerror(errno));
	if (S_ISBLK(st.st_mode)) {
		off_t end = lseek(d->fd, 0, SEEK_END);
		d->size = end > 0 ? (u64)end : 0;
	} else if (!S_ISREG(st.st_mode)) {
		return refuse(d, why, whysize, o->image, S_ISDIR(st.st_mode) ? "a directory, not a disk image" : "not a file that holds a disk image");
	} else {
		d->size = (u64)st.st_size;
	}
	if (!d->size)
		return refuse(d, why, whysize, o->image, "empty, nothing to boot");
	d->number = (u8)(o->drive >= 0 ? o->drive : is_floppy_size(d->size) ? 0 : 0x80);
	if (d->number < 0x80) {
		if (d->size > LARGEST)
			return refuse(d, why, whysize, o->image, "larger than a floppy, which holds at most 2949120 bytes");
		floppy_geometry(d);
	} else {
		hard_geometry(d);
		geometry_from_partition(d);
	}
	if (d->readonly)
		snprintf(why, whysize, "%s: read-only, the guest's writes to it will fail; -S keeps them in memory", o->image);
	else
		find_truncated(d, why, whysize, o->image);
	if (!*why && (d->total - 1) >> 32)
		snprintf(why, whysize, "%s: larger than 2 TiB, behind which only sector numbers of 64 bits reach", o->image);
	return 0;
}

void
disk_close(struct disk *d)
{
	unsigned i;
	for (i = 0; i < d->table; i++)
		while (d->written[i]) {
			struct disk_written *w = d->written[i];
			d->written[i] = w->next;
			free(w);
		}
	free(d->written);
	d->written = 0;
	d->table = 0;
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

// Whoever runs the guest is told, too, when the screen is gone.
static u8
failed(struct disk *d, int error)
{
	if (!d->error)
		d->error = error;
	return ST_FAILED;
}

// --- snapshot --------------------------------------------------------------------------

static struct disk_written *
find(const struct disk *d, u64 lba)
{
	struct disk_written *w = d->table ? d->written[lba & (d->table - 1)] : 0;
	while (w && w->lba != lba)
		w = w->next;
	return w;
}

static int
grow(struct disk *d)
{
	unsigned n = d->table ? d->table * 2 : 256, i;
	struct disk_written **t = (struct disk_written **)calloc(n, sizeof *t);
	if (!t)
		return d->table ? 0 : -1;
	for (i = 0; i < d->table; i++)
		while (d->written[i]) {
			struct disk_written *w = d->written[i];
			d->written[i] = w->next;
			w->next = t[w->lba & (n - 1)];
			t[w->lba & (n - 1)] = w;
		}
	free(d->written);
	d->written = t;
	d->table = n;
	return 0;
}

static u8
keep(struct disk *d, u64 lba, const u8 *in)
{
	struct disk_written *w = find(d, lba);
	if (!w) {
		if (d->nwritten >= d->table && grow(d))
			return failed(d, ENOMEM);
		w = (struct disk_written *)malloc(sizeof *w);
		if (!w)
			return failed(d, ENOMEM);
		w->lba = lba;
		w->next = d->written[lba & (d->table - 1)];
		d->written[lba & (d->table - 1)] = w;
		d->nwritten++;
	}
	memcpy(w->bytes, in, SECTOR);
	return 0;
}

// --- sectors ---------------------------------------------------------------------------

// Reads bytes of the file; what lies behind its end is zeros.
static u8
read_file(struct disk *d, u64 offset, u8 *out, size_t n)
{
	size_t done = 0;
	while (done < n) {
		ssize_t k = pread(d->fd, out + done, n - done, (off_t)(offset + done));
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return failed(d, errno);
		if (!k)
			break;
		done += (size_t)k;
	}
	memset(out + done, 0, n - done);
	return 0;
}

u8
disk_read(struct disk *d, u64 lba, unsigned n, u8 *out)
{
	unsigned i;
	u8 status;
	if (d->fd < 0 || lba >= d->total || n > d->total - lba)
		return ST_NOT_FOUND;
	status = read_file(d, lba * SECTOR, out, n * (size_t)SECTOR);
	for (i = 0; i < n && d->nwritten; i++) {
		const struct disk_written *w = find(d, lba + i);
		if (w)
			memcpy(out + i * SECTOR, w->bytes, SECTOR);
	}
	return status;
}

u8
disk_write(struct disk *d, u64 lba, unsigned n, const u8 *in)
{
	size_t done = 0, size = n * (size_t)SECTOR;
	if (d->fd < 0 || lba >= d->total || n > d->total - lba)
		return ST_NOT_FOUND;
	if (d->snapshot) {
		u8 status = 0;
		for (; n && !status; n--, lba++, in += SECTOR)
			status = keep(d, lba, in);
		return status;
	}
	if (d->readonly)
		return ST_PROTECTED;
	while (done < size) {
		ssize_t k = pwrite(d->fd, in + done, size - done, (off_t)(lba * SECTOR + done));
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return failed(d, k ? errno : ENOSPC);
		done += (size_t)k;
	}
	return 0;
}

int
disk_load(struct disk *d, u8 *out, size_t n)
{
	return read_file(d, 0, out, n) ? -1 : 0;
}
