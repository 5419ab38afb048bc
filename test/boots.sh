#!/bin/sh
# boots.sh COMMAND...: boots Debian's GRUB and SYSLINUX by COMMAND (blink, or an
# emulator and blink) from images made here, types at them, and compares all that
# they print, and the exit status, with boots/NAME.out. Both start programs of
# ours: boots/multiboot.S and boots/sector.S.
here=${0%/*}
grub=/usr/lib/grub/i386-pc
modules=/usr/lib/syslinux/modules/bios
passed=0 failed=0
. "$here/scratch.sh"

for need in grub-mkimage:grub-common $grub/boot.img:grub-pc-bin syslinux:syslinux \
	$modules/mboot.c32:syslinux-common mformat:mtools; do
	command -v ${need%:*} >/dev/null 2>&1 || [ -f ${need%:*} ] || {
		echo "skipped: needs ${need%:*} (Debian package ${need#*:})"
		echo "0 passed, 0 failed, 1 skipped"
		exit 0
	}
done
as --32 -o "$tmp/kernel.o" "$here/boots/multiboot.S" 2>/dev/null || {
	echo "skipped: needs an assembler for x86"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
}

# boots NAME IMAGE KEYS COMMAND...
boots() {
	name=$1 image=$2 keys=$3
	shift 3
	printf "$keys" | $limit "$@" -r -N -S -i "$image" >"$tmp/out" 2>"$tmp/err"
	echo "exit $?" >"$tmp/got"
	cat "$tmp/out" "$tmp/err" >>"$tmp/got"
	sed "s/@GRUB@/$version/" "$here/boots/$name.out" >"$tmp/want"
	if cmp -s "$tmp/want" "$tmp/got"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED $name"
		diff "$tmp/want" "$tmp/got" | head -n 20 | sed 's/^/    /'
	fi
}

set -e
ld -m elf_i386 -Ttext 0x100000 --oformat binary -o "$tmp/kernel" "$tmp/kernel.o"
as --32 -o "$tmp/sector.o" "$here/boots/sector.S"
ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$tmp/sector.bin" "$tmp/sector.o"

# A disk with a FAT partition at 1 MiB; GRUB is in front of it.
cat >"$tmp/early.cfg" <<'X'
set root=(hd0,msdos1)
set prefix=(hd0,msdos1)/boot
normal
X
cat >"$tmp/grub.cfg" <<'X'
set timeout=-1
menuentry "first entry" {
	echo one
}
menuentry "a kernel" {
	multiboot /boot/kernel words of its own
	boot
}
X
version=$(grub-mkimage --version | sed 's/.* //')
grub-mkimage -O i386-pc -o "$tmp/core.img" -p '(hd0,msdos1)/boot' -c "$tmp/early.cfg" \
	biosdisk part_msdos fat normal echo minicmd configfile ls multiboot reboot halt
{
	head -c 446 $grub/boot.img
	printf '\200\040\041\000\006\376\377\377\000\010\000\000\000\070\000\000'
	head -c 48 /dev/zero
	printf '\125\252'
	cat "$tmp/core.img"
} >"$tmp/disk.img"
truncate -s 8M "$tmp/disk.img"
mformat -i "$tmp/disk.img@@1M" -T 14336 -h 16 -s 63 -H 2048 ::
mmd -i "$tmp/disk.img@@1M" ::/boot
mcopy -i "$tmp/disk.img@@1M" "$tmp/grub.cfg" "$tmp/kernel" ::/boot/

# A floppy with SYSLINUX.
cat >"$tmp/syslinux.cfg" <<'X'
PROMPT 1
SAY a line of syslinux.cfg
LABEL sector
	BOOT sector.bin
LABEL show
	COM32 cat.c32
	APPEND syslinux.cfg
LABEL kernel
	COM32 mboot.c32
	APPEND kernel words of its own
X
truncate -s 1440k "$tmp/floppy.img"
mformat -i "$tmp/floppy.img" -f 1440 ::
syslinux --install "$tmp/floppy.img"
mcopy -i "$tmp/floppy.img" "$tmp/syslinux.cfg" "$tmp/sector.bin" "$tmp/kernel" \
	$modules/cat.c32 $modules/mboot.c32 $modules/libcom32.c32 $modules/libutil.c32 ::
set +e

boots grub-menu "$tmp/disk.img" '\033[B\n' "$@"
boots grub-prompt "$tmp/disk.img" 'cecho hello there\nls /boot\necho 1 2  $root\nmultiboot /boot/kernel by hand\nboot\n' "$@"
boots syslinux-module "$tmp/floppy.img" 'nothing\nshow\nkernel\n' "$@"
boots syslinux-sector "$tmp/floppy.img" 'sector\nk' "$@"
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
