# zip.S: an Actually Portable Executable with a zip archive behind its image;
# what it does is in test/ape/zip.c.
	.ascii "jartsr='\n"
	.skip 23
	.ascii "'\n"
	.ascii "o=${TMPDIR:-/tmp}/zipape.$$\n"
	.ascii "cp \"$0\" \"$o\" || exit 1\n"
	.ascii "printf '\\177ELF\\2\\1\\1\\011\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0>\\0\\1\\0\\0\\0"
	.ascii "\\0\\020@\\0\\0\\0\\0\\0\\0\\010\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
	.ascii "@\\0008\\0\\2\\0\\0\\0\\0\\0\\0\\0' | dd of=\"$o\" conv=notrunc 2>/dev/null\n"
	.ascii "chmod 700 \"$o\"\n"
	.ascii "\"$o\" \"$@\"\n"
	.ascii "s=$?\n"
	.ascii "rm -f \"$o\"\n"
	.ascii "exit $s\n"
	.org 0x800
	.long 1, 7                     # program headers: everything, and room for variables
	.quad 0x1000, 0x401000, 0x401000, image_end - image, image_end - image + 0x20000, 0x1000
	.long 0x6474e551, 6            # PT_GNU_STACK
	.quad 0, 0, 0, 0, 0, 16
	.org 0x1000
image:	.incbin "zip.bin"
image_end:
	.balign 512
	# the archive: two stored files, the directory, its end. Offsets count from the
	# beginning of the file.
	.macro stored label, name, text, crc
\label:	.ascii "PK\3\4"
	.short 20, 0, 0, 0, 0x21
	.long \crc, \label\()_end - \label\()_data, \label\()_end - \label\()_data
	.short \label\()_data - \label\()_name, 0
\label\()_name: .ascii "\name"
\label\()_data: .ascii "\text"
\label\()_end:
	.endm
	.macro entry label, name, crc
	.ascii "PK\1\2"
	.short 20, 20, 0, 0, 0, 0x21
	.long \crc, \label\()_end - \label\()_data, \label\()_end - \label\()_data
	.short \label\()_data - \label\()_name, 0, 0, 0, 0
	.long 0, \label - start
	.ascii "\name"
	.endm
	.set start, image - 0x1000
	stored one, "one.txt", "first\n", 0
	stored two, "dir/two.txt", "second, longer\n", 0
directory: entry one, "one.txt", 0
	entry two, "dir/two.txt", 0
directory_end: .ascii "PK\5\6"
	.short 0, 0, 2, 2
	.long directory_end - directory, directory - start
	.short 0
