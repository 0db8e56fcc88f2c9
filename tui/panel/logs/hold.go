package logs

// Hold keeps what is on the screen as it is while lines come in, and counts
// them; again, or at the last line by request, the panel follows the end.
func (l *Logs) Hold() {
	if l.follow {
		l.follow, l.until = false, l.total
		return
	}
	l.release()
}

// release follows the end again.
func (l *Logs) release() { l.follow, l.until, l.unread = true, 0, 0 }

// mark is what sync compares with: what there was before it looked.
type mark struct{ lines, dropped int }

// marked returns how many lines were ever found, and how many of those have
// left the ring.
func (l *Logs) marked() mark {
	if l.partial() {
		return mark{lines: l.step.dropped + len(l.step.hits), dropped: l.step.dropped}
	}
	return mark{lines: l.total, dropped: l.first}
}

// settle counts what came since before, for a reader who does not look at the
// end, and keeps the lines on the screen where they are while older ones leave
// the ring.
func (l *Logs) settle(before mark) {
	if l.follow {
		return
	}
	now := l.marked()
	l.unread += max(now.lines-before.lines, 0)
	l.top = max(l.top-max(now.dropped-before.dropped, 0), 0)
	if l.until > 0 && l.first >= l.until {
		l.until = 0 // nothing of what was held is left
	}
	if l.until == 0 && !l.wrap && l.top+l.height >= l.count() {
		l.unread = 0 // the end is on the screen
	}
}
