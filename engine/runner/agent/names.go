package agent

import (
	"fmt"
	"os"
)

// nameFile is a file with which names are looked up.
type nameFile struct{ path, text string }

// nameFiles are those of a container in whose network nobody else is: its own
// loopback has a name, and is the name server that knows no other, so that a
// question is refused at once.
var nameFiles = []nameFile{
	{"/etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n" +
		"fe00::0\tip6-localnet\nff00::0\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"},
	{"/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n"},
}

// writeNames writes those of the files that are empty, which is how an engine
// leaves them when it has nothing to do with the container's network.
func writeNames(files []nameFile) error {
	for _, f := range files {
		if st, err := os.Stat(f.path); err == nil && st.Size() > 0 {
			continue
		}
		if err := os.WriteFile(f.path, []byte(f.text), 0o644); err != nil {
			return fmt.Errorf("write what names are looked up with: %w", err)
		}
		if err := os.Chmod(f.path, 0o644); err != nil { // the engine has made it executable
			return fmt.Errorf("write what names are looked up with: %w", err)
		}
	}
	return nil
}
