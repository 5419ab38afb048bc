# disk.S: INT 13h on the drive that it was booted from: every function by
# cylinder, head and sector, and by block, and what errors they give. Runs on
# floppies of each size and on hard disks, from copies made as long as these.
# As SeaBIOS under qemu, but: that gives 01 for sectors that are not there, knows
# no floppy formats below 1.2 MB, no media types and change lines, goes on behind
# a disk's end, and locks and ejects hard disks; geometries of hard disks differ.
.include "guest.inc"
.set SEG, 0x2000		# where sectors go
drive:	.byte 0
cyls:	.word 0			# last cylinder
heads:	.byte 0			# last head
secs:	.byte 0			# last sector
total:	.long 0
# The BIOS macro with DL the drive, whatever the low byte of its dx
.macro DISK ax, bx=0, cx=0, dx=0
	mov $disk_call_\@,%si
	mov drive,%al
	mov %al,7(%si)
	jmp 1f
1:	call bios
disk_call_\@:
	.byte 0x13
	.word \ax, \bx, \cx, \dx
.endm
# One whose CX and DH are in memory
.macro DISKM ax, bx
	mov $disk_call_\@,%si
	mov drive,%al
	mov %al,7(%si)
	mov v_cx,%ax
	mov %ax,5(%si)
	mov v_dh,%al
	mov %al,8(%si)
	call bios
disk_call_\@:
	.byte 0x13
	.word \ax, \bx, 0, 0
.endm
v_cx:	.word 0
v_dh:	.byte 0
# CX and DH from cylinder AX, head DH, sector CL
pack:	xchg %ah,%al
	shl $6,%al
	or %al,%cl
	mov %ah,%ch
	mov %cx,v_cx
	mov %dh,v_dh
	ret
# Fills a sector at SEG:0 with bytes from AL on
fill:	push %es
	mov $SEG,%cx
	mov %cx,%es
	xor %di,%di
	mov $512,%cx
1:	stosb
	add $7,%al
	loop 1b
	pop %es
	ret
# Sums the words of the sector at SEG:BX
sum:	push %ds
	mov $SEG,%ax
	mov %ax,%ds
	mov %bx,%si
	xor %dx,%dx
	mov $256,%cx
1:	lodsw
	add %ax,%dx
	rol $1,%dx
	loop 1b
	pop %ds
	mov %dx,%ax
	SAY "sum "
	call hex
	SAY "\n"
	ret
main:	sti
	mov %dl,drive
	SAY "what it is: "
	mov %dl,%al
	call hexb
	SHOW 0x410
	SHOWB 0x475
	SAY "\n"
	BIOS 0x11
	DISK 0x0100
	DISK 0x0800
	mov out_cx,%ax
	mov %al,%cl
	and $63,%cl
	mov %cl,secs
	xchg %ah,%al
	shr $6,%ah
	mov %ax,cyls
	mov out_dx+1,%al
	mov %al,heads
	DISK 0x1500
	SHOWB 0x474
	DISK 0x0000
	movw $SEG,in_es
	SAY "reading\n"
	DISK 0x0201, 0, 0x0001
	SHOWB 0x441
	SHOWB 0x474
	xor %bx,%bx
	push %ds
	mov $SEG,%ax
	mov %ax,%ds
	mov 510,%ax
	pop %ds
	call hex
	SAY "\n"
	mov cyls,%ax		# the last sector
	mov heads,%dh
	mov secs,%cl
	call pack
	DISKM 0x0201, 0
	DISKM 0x0202, 0		# one too many
	DISKM 0x0401, 0
	mov cyls,%ax
	mov heads,%dh
	mov secs,%cl
	inc %cl			# no such sector
	call pack
	DISKM 0x0201, 0
	DISK 0x0100
	SHOWB 0x441
	SHOWB 0x474
	DISK 0x0201, 0, 0x0000	# nor sector 0
	mov cyls,%ax
	mov heads,%dh
	inc %dh
	mov $1,%cl
	call pack
	DISKM 0x0201, 0
	cmpb $0x80,drive
	jae 1f
	mov cyls,%ax
	inc %ax
	mov $0,%dh
	mov $1,%cl
	call pack
	DISKM 0x0201, 0
1:	DISK 0x0200, 0, 0x0001
	DISK 0x0281, 0, 0x0001
	xor %ax,%ax		# from the last of a track on
	mov $0,%dh
	mov secs,%cl
	call pack
	DISKM 0x0202, 0
	DISK 0x0c00, 0, 0x0001	# seek
	DISK 0x0d00
	DISK 0x1000
	DISK 0x1100
	DISK 0x1400
	DISK 0x9900
	SAY "64 KiB\n"
	DISK 0x0202, 0xfdff, 0x0001
	DISK 0x0202, 0xff00, 0x0001
	DISK 0x0201, 0xfe00, 0x0001
	DISK 0x0401, 0xff00, 0x0001
	SAY "writing\n"
	xor %ax,%ax
	mov $0,%dh
	mov $7,%cl
	call pack
	mov $0x11,%al
	call fill
	xor %bx,%bx
	call sum
	DISKM 0x0301, 0
	mov $0x99,%al
	call fill
	DISKM 0x0201, 0x0200
	mov $0x200,%bx
	call sum
	mov secs,%al		# a whole track
	mov %al,3f+1
	xor %ax,%ax
	mov heads,%dh
	mov $1,%cl
	call pack
	mov v_cx,%ax
	mov %ax,3f+5
	mov v_dh,%al
	mov %al,3f+8
	mov drive,%al
	mov %al,3f+7
	movb $1,quiet
	call bios
3:	.byte 0x13
	.word 0x0300, 0, 0, 0
	movb $0,quiet
	cmp secs,%al
	je 1f
	SAY "short "
1:	mov out_ax+1,%al
	call hexb
	SAY "\n"
	SAY "absent drives\n"
	BIOS 0x13, 0x0000, 0, 0, 0x0001
	BIOS 0x13, 0x0201, 0, 0x0001, 0x0001
	BIOS 0x13, 0x0800, 0, 0, 0x0001
	BIOS 0x13, 0x1500, 0, 0, 0x0001
	BIOS 0x13, 0x0201, 0, 0x0001, 0x0002	# two floppies at most
	BIOS 0x13, 0x0000, 0, 0, 0x0081
	BIOS 0x13, 0x0201, 0, 0x0001, 0x0081
	BIOS 0x13, 0x0100, 0, 0, 0x0081
	BIOS 0x13, 0x0800, 0, 0, 0x0081
	BIOS 0x13, 0x1500, 0, 0, 0x0081
	BIOS 0x13, 0x4100, 0x55aa, 0, 0x0081
	BIOS 0x13, 0x4200, 0, 0, 0x0081
	movw $0,in_es
	cmpb $0x80,drive
	jae hard
	SAY "floppies\n"
	DISK 0x1600
	DISK 0x1703
	DISK 0x4100, 0x55aa
	SAY "table "
	les 4*0x1e,%si
	mov $11,%cx
	call bytes
	xor %ax,%ax
	mov %ax,%es
	SAY "\nformat\n"
	mov cyls,%ax		# the last track
	mov heads,%dh
	mov secs,%cl
	call pack
	DISKM 0x1800, 0		# the media type: tracks and sectors
	mov secs,%al
	mov %al,7f+1
	mov v_cx,%ax
	mov %ax,7f+5
	mov v_dh,%al
	mov %al,7f+8
	mov drive,%al
	mov %al,7f+7
	mov $fields,%di		# fields of address, four bytes a sector
	mov cyls,%dl
	mov heads,%dh
	mov $1,%cl
1:	mov %dl,%al
	stosb
	mov %dh,%al
	stosb
	mov %cl,%al
	stosb
	mov $2,%al
	stosb
	inc %cl
	cmp secs,%cl
	jbe 1b
	movw $0,in_es
	call bios
7:	.byte 0x13
	.word 0x0500, fields, 0, 0
	movw $SEG,in_es
	DISKM 0x0201, 0
	xor %bx,%bx
	call sum
	jmp end
hard:	SAY "blocks\n"
	DISK 0x4100, 0x55aa
	DISK 0x4100, 0x1234
	movw $params,in_si
	movw $26,params
	DISK 0x4800
	mov $params,%si
	mov $13,%cx
1:	lodsw
	call hex
	loop 1b
	SAY "\n"
	movw $30,params
	DISK 0x4800
	SHOW params
	movw $25,params
	DISK 0x4800
	mov params+16,%eax
	mov %eax,total
	movw $packet,in_si
	DISK 0x4200		# block 6: what was written
	mov $0x400,%bx
	call sum
	movw $2,packet+2	# the last, and one more
	mov total,%eax
	dec %eax
	mov %eax,packet+8
	DISK 0x4200
	SHOW packet+2
	movw $1,packet+2
	DISK 0x4200
	DISK 0x4400
	DISK 0x4700
	incl packet+8
	DISK 0x4200
	SHOW packet+2
	DISK 0x4700
	movl $0,packet+8
	movl $1,packet+12	# beyond four giga-blocks
	movw $1,packet+2
	DISK 0x4200
	DISK 0x4700
	movl $0,packet+12
	movb $15,packet
	DISK 0x4200
	movb $16,packet
	movw $0,packet+2
	DISK 0x4200
	movw $128,packet+2
	movl $0x20000000,packet+4
	DISK 0x4200
	movw $127,packet+2
	DISK 0x4200
	SHOW packet+2
	movw $1,packet+2
	movl $9,packet+8
	mov $0x33,%al
	call fill
	DISK 0x4300
	DISK 0x4301
	DISK 0x4302
	DISK 0x4303
	movl $0x200000c0,packet+4
	DISK 0x4200
	mov $0xc0,%bx
	call sum
	movb $24,packet		# a flat address above 1 MiB
	movl $0xffffffff,packet+4
	movl $0x180000,packet+16
	DISK 0x4200
	movw $gdt,in_si	# back down by 15h 87h
	BIOS 0x15, 0x8700, 0, 256
	mov $0x800,%bx
	call sum
	DISK 0x4500
	DISK 0x4600
	DISK 0x4900
	DISK 0x4e00
	SAY "table "
	les 4*0x41,%si
	mov $16,%cx
	call bytes
	xor %ax,%ax
	mov %ax,%es
	SAY "\n"
end:	END 7
.balign 8
packet:	.byte 16, 0
	.word 1
	.word 0x400, SEG
	.quad 6
	.quad 0
params:	.fill 30
gdt:	.quad 0, 0
	.word 0xffff, 0x0000
	.byte 0x18, 0x93, 0, 0
	.word 0xffff, 0x0800
	.byte 0x02, 0x93, 0, 0
	.quad 0, 0
.balign 16
fields:	.fill 4*36
