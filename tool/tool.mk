# make sizes: stripped sizes of the rel and tiny builds. Fails when a
# dynamically linked x86-64 tiny build grows beyond what it has been brought
# down to; 142000 at most.
TINY_LIMIT = 138000
sizes:
	@$(MAKE) --no-print-directory MODE=rel o/rel/blink/blink
	@$(MAKE) --no-print-directory MODE=tiny o/tiny/blink/blink
	@sh tool/sizes.sh $(TINY_LIMIT)
.PHONY: sizes

install: $O/blink/blink
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $O/blink/blink $(DESTDIR)$(PREFIX)/bin/blink
	install -m 644 blink/blink.1 $(DESTDIR)$(PREFIX)/share/man/man1/blink.1
.PHONY: install
