package watch

import "time"

// racyWindow is the age below which a modification time cannot be trusted to
// tell two writes apart; the coarsest clock in use (FAT, SMB) ticks every 2 s.
const racyWindow = 2 * time.Second

// racy reports whether a file that looks like this at now may change again
// without looking different.
func (s signature) racy(now time.Time) bool {
	age := now.UnixNano() - s.mtime
	return age > -int64(racyWindow) && age < int64(racyWindow)
}
