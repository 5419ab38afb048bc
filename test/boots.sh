#!/bin/sh
# boots.sh COMMAND...: boots Debian's bootloaders and other software that needs no
# system by COMMAND (blink, or an emulator and blink) from images made here, types
# at them, and compares all that they print and the exit status, or what is on the
# screen, with boots/NAME.out. The loaders start programs of ours:
# boots/multiboot.S and boots/sector.S.
here=${0%/*}
grub=/usr/lib/grub/i386-pc
lib=/usr/lib/syslinux
modules=$lib/modules/bios
passed=0 failed=0 skipped=0
export SOURCE_DATE_EPOCH=946684800  # for mtools: images are always the same
. "$here/scratch.sh"

skip() {
	echo "skipped: $*"
	skipped=$((skipped + 1))
}

# need [FILE:PACKAGE...]: whether all are there
need() {
	for one; do
		command -v "${one%:*}" >/dev/null 2>&1 || [ -f "${one%:*}" ] || {
			skip "needs ${one%:*} (Debian package ${one#*:})"
			return 1
		}
	done
}

# same NAME: $tmp/got is boots/NAME.out
same() {
	sed "s/@GRUB@/$version/" "$here/boots/$1.out" >"$tmp/want"
	if cmp -s "$tmp/want" "$tmp/got"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED $1"
		diff "$tmp/want" "$tmp/got" | head -n 20 | sed 's/^/    /'
	fi
}

# boots NAME IMAGE KEYS COMMAND...: without a screen; of standard error the first line
boots() {
	name=$1 image=$2 keys=$3
	shift 3
	printf "$keys" | $limit "$@" -r -N -S -i "$image" >"$tmp/out" 2>"$tmp/err"
	echo "exit $?" >"$tmp/got"
	cat "$tmp/out" >>"$tmp/got"
	head -n 1 "$tmp/err" >>"$tmp/got"
	same "$name"
}

# shows NAME EDIT STEPS...: on a screen, see boots/screen.c; EDIT is for what is
# never the same
shows() {
	name=$1 edit=$2
	shift 2
	$limit "$tmp/screen" "$@" 2>"$tmp/err" >"$tmp/out"
	echo "exit $?" >"$tmp/got"
	sed "$edit" "$tmp/out" >>"$tmp/got"
	cat "$tmp/err" >>"$tmp/got"
	same "$name"
}

# in_tmux NAME COMMAND...: GRUB's menu on another terminal, whose keys they are, too
in_tmux() {
	need tmux:tmux || return 0
	name=$1
	shift
	tmux="tmux -u -L blink-test-$$ -f /dev/null"
	$tmux new-session -d -x 80 -y 26 "$* -rS $tmp/disk.img"
	$tmux set -g status off
	for tmux_text in highlighted '\*a kernel'; do
		for i in $(seq 300); do
			$tmux capture-pane -p | grep -q "$tmux_text" && break
			sleep 0.1
		done
		[ "$tmux_text" != highlighted ] || $tmux send-keys Down
	done
	$tmux capture-pane -p | sed -e 's/ *$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' >"$tmp/out"
	$tmux kill-server
	{
		echo "exit 0"
		cat "$tmp/out"
	} >"$tmp/got"
	same "$name"
}

finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
	exit
}

need mformat:mtools syslinux:syslinux $modules/mboot.c32:syslinux-common || finish
as --32 -o "$tmp/kernel.o" "$here/boots/multiboot.S" 2>/dev/null || {
	skip "needs an assembler for x86"
	finish
}
${CC:-cc} -std=gnu11 -D_GNU_SOURCE -I"$here/../blink" -o "$tmp/screen" "$here/boots/screen.c" || exit 1
ld -m elf_i386 -Ttext 0x100000 --oformat binary -o "$tmp/kernel" "$tmp/kernel.o"
as --32 -o "$tmp/sector.o" "$here/boots/sector.S"
ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$tmp/sector.bin" "$tmp/sector.o"

# disk NAME SECTOR REST: a disk whose first sector's code is SECTOR's, REST
# behind it, a FAT partition at 1 MiB
disk() {
	head -c 440 "$2" >"$tmp/head"
	truncate -s 446 "$tmp/head"
	{
		cat "$tmp/head"
		printf '\200\040\041\000\006\376\377\377\000\010\000\000\000\070\000\000'
		head -c 48 /dev/zero
		printf '\125\252'
		cat "$3"
	} >"$tmp/$1"
	truncate -s 8M "$tmp/$1"
	mformat -N 0 -i "$tmp/$1@@1M" -T 14336 -h 16 -s 63 -H 2048 ::
}

# --- GRUB: disk, partition, FAT ---------------------------------------------------------

grub_cases() {
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
	grub-mkimage -O i386-pc -o "$tmp/core.img" -p '(hd0,msdos1)/boot' -c "$tmp/early.cfg" biosdisk part_msdos fat normal echo minicmd \
		configfile ls cat multiboot multiboot2 chain linux16 lsmmap hexdump lspci cpuid videoinfo vbe serial terminal reboot halt
	disk disk.img $grub/boot.img "$tmp/core.img"
	mmd -i "$tmp/disk.img@@1M" ::/boot
	mcopy -i "$tmp/disk.img@@1M" "$tmp/grub.cfg" "$tmp/kernel" "$tmp/sector.bin" ::/boot/
	boots grub-menu "$tmp/disk.img" '\033[B\n' "$@"
	boots grub-prompt "$tmp/disk.img" 'cecho hello there\nls /boot\necho 1 2  $root\nmultiboot /boot/kernel by hand\nboot\n' "$@"
	boots grub-multiboot2 "$tmp/disk.img" 'cmultiboot2 /boot/kernel the other way\nboot\n' "$@"
	boots grub-commands "$tmp/disk.img" \
		'clsmmap\nhexdump -n 32 (hd0)+1\nhexdump -n 32 /boot/grub.cfg\nlspci\ncpuid -l\necho $?\nvideoinfo\nchainloader /boot/sector.bin\nboot\nk' "$@"
	boots grub-halt "$tmp/disk.img" 'cserial --speed=9600\nterminfo serial dumb\nterminal_output serial\necho by COM1\nhalt\n' "$@"
	in_tmux grub-screen "$@"
	shows grub-screen '' highlighted 'c' 'grub>' 'reboot\r' highlighted '\e[B' '*a kernel' -- "$@" -rS "$tmp/disk.img"
}
! need grub-mkimage:grub-common $grub/boot.img:grub-pc-bin || grub_cases "$@"

# The older GRUB on a floppy, which has the kernel in sectors 600 and on
legacy() {
	cat $old/stage1 $old/stage2 >"$tmp/legacy.img"
	dd if="$tmp/kernel" of="$tmp/legacy.img" bs=512 seek=600 2>/dev/null
	truncate -s 1440k "$tmp/legacy.img"
	boots grub-legacy "$tmp/legacy.img" 'displaymem\nvbeprobe\nkernel (fd0)600+4 by sectors\nboot\n' "$@"
}
old=/usr/lib/grub/x86_64-pc
! need $old/stage1:grub-legacy || legacy "$@"

# --- SYSLINUX: floppy, hard disk, disks in memory, CD image as a disk -------------------------

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
cat >"$tmp/menu.cfg" <<'X'
PROMPT 1
MENU TITLE a menu
LABEL one
	MENU LABEL first
LABEL two
	MENU LABEL second
	BOOT sector.bin
X
truncate -s 1440k "$tmp/floppy.img"
mformat -N 0 -i "$tmp/floppy.img" -f 1440 ::
syslinux --install "$tmp/floppy.img"
mcopy -i "$tmp/floppy.img" "$tmp/syslinux.cfg" "$tmp/sector.bin" "$tmp/kernel" $modules/cat.c32 $modules/mboot.c32 \
	$modules/libcom32.c32 $modules/libutil.c32 ::
boots syslinux-module "$tmp/floppy.img" 'nothing\nshow\nkernel\n' "$@"
boots syslinux-sector "$tmp/floppy.img" 'sector\nk' "$@"

disk hard.img $lib/mbr/mbr.bin /dev/null
syslinux --install --offset 1048576 "$tmp/hard.img"
mcopy -i "$tmp/hard.img@@1M" "$tmp/syslinux.cfg" "$tmp/sector.bin" ::
boots syslinux-disk "$tmp/hard.img" 'sector\nk' "$@"

gzip -9nc "$tmp/floppy.img" >"$tmp/floppy.gz"
gzip -9nc "$tmp/hard.img" >"$tmp/hard.gz"
truncate -s 2880k "$tmp/more.img"
mformat -N 0 -i "$tmp/more.img" -f 2880 ::
syslinux --install "$tmp/more.img"
mcopy -i "$tmp/more.img" "$tmp/floppy.gz" "$tmp/hard.gz" "$tmp/sector.bin" $lib/memdisk ::
mcopy -i "$tmp/more.img" "$tmp/menu.cfg" ::/syslinux.cfg
echo 'for i = 1, 3 do print(i, i * 7) end' >"$tmp/x.lua"
mcopy -i "$tmp/more.img" "$tmp/x.lua" ::
for module in libcom32 libutil libgpl menu lua liblua meminfo cpuidtest vesainfo poweroff; do
	mcopy -i "$tmp/more.img" $modules/$module.c32 ::
done
boots syslinux-modules "$tmp/more.img" 'meminfo.c32\nvesainfo.c32\npoweroff.c32\ncpuidtest.c32\nlua.c32 x.lua\nsector.bin\nk' "$@"
boots memdisk-floppy "$tmp/more.img" 'memdisk initrd=floppy.gz\nshow\nsector\nk' "$@"
boots memdisk-disk "$tmp/more.img" 'memdisk initrd=hard.gz harddisk\nsector\nk' "$@"
shows syslinux-menu '' boot: 'menu.c32\r' Press '\e[B' second '\9' '> .boot sector.bin' -- "$@" -rS "$tmp/more.img"

iso_cases() {
	mkdir -p "$tmp/iso/isolinux"
	cp /usr/lib/ISOLINUX/isolinux.bin $modules/ldlinux.c32 $modules/cat.c32 $modules/libcom32.c32 $modules/libutil.c32 \
		"$tmp/sector.bin" "$tmp/iso/isolinux/"
	sed s/syslinux.cfg/isolinux.cfg/ "$tmp/syslinux.cfg" >"$tmp/iso/isolinux/isolinux.cfg"
	xorriso -as mkisofs -quiet -o "$tmp/hybrid.iso" -isohybrid-mbr /usr/lib/ISOLINUX/isohdpfx.bin -c isolinux/boot.cat \
		-b isolinux/isolinux.bin -no-emul-boot -boot-load-size 4 -boot-info-table "$tmp/iso" 2>/dev/null
	boots isolinux-hybrid "$tmp/hybrid.iso" 'show\nsector\nk' "$@"
}
! need xorriso:xorriso /usr/lib/ISOLINUX/isolinux.bin:isolinux || iso_cases "$@"

# --- other software -----------------------------------------------------------------------

mbr_cases() {
	cp "$tmp/hard.img" "$tmp/mbr.img"
	install-mbr -f -i a "$tmp/mbr.img"
	boots mbr "$tmp/mbr.img" '1sector\nk' "$@"
}
! need install-mbr:mbr || mbr_cases "$@"

# A network loader that finds no network
! need /usr/lib/ipxe/ipxe.iso:ipxe ||
	shows ipxe 's/^iPXE [0-9].* -- Open/iPXE V -- Open/' Ctrl-B '\2' 'iPXE>' 'set x y\rshow x\rbad\r' 'command not found' \
		-- "$@" -rS /usr/lib/ipxe/ipxe.iso

# All tests of the first two MiB; speeds and times are this machine's.
! need /boot/memtest86+ia32.bin:memtest86+ ||
	shows memtest '1s/v[0-9.]* */V /;2,6s/│.*//;/^CLK/s/[0-9]*MHz */MHz/;/Time:/s/ [0-9: ]*Status/ Status/;/^Using/s/ [AC].*│/ │/;/Pass  *[|\/\\-]$/s/ *.$//;$s/  [0-9].*//' \
		'Test #' '\eOP' 'Test selection' '\eOQ' 'Set upper' '\eOQ' Enter '2m\r' '0KB - 2MB' '\e[21~' 'Test selection' '\e[21~' \
		'Status: Pass' -- "$@" -raS /boot/memtest86+ia32.bin

# A game for a multiboot loader
invaders() {
	[ -f "$tmp/disk.img" ] || return 0
	mcopy -i "$tmp/disk.img@@1M" /boot/invaders.exec ::/boot/
	shows invaders '/-\*-/d;/^$/d' highlighted c 'grub>' 'multiboot /boot/invaders.exec\rboot\r' '-*--*-' -- "$@" -rS "$tmp/disk.img"
}
! need /boot/invaders.exec:grub-invaders || invaders "$@"
finish
