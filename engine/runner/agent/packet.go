package agent

import (
	"bytes"
	crand "crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// Frames of Ethernet (IEEE 802.3), ARP (RFC 826), IPv4 (RFC 791) and ICMP
// (RFC 792), as far as a relay reads and writes them.
const (
	macLen   = 6
	etherLen = 14
	etherIP  = 0x0800
	etherARP = 0x0806

	arpLen      = 28
	arpRequests = 1
	arpReplies  = 2

	ipv4Len = 20
	icmpLen = 8

	protocolICMP = 1
	echoReplies  = 0
	echoRequests = 8
	// echoID marks the questions of a relay, each of which is alone in its network.
	echoID = 0xC14E
)

// offloadLen is the length of what the kernel puts before a frame, and wants back
// with it: what is left to be done for the frame, so that a checksum that nobody
// has computed yet, or a burst that is cut into packets by the last device, can
// be passed on as it came (struct virtio_net_hdr).
const offloadLen = 10

// Options of packet sockets, from linux/if_packet.h.
const (
	solPacket        = 263
	packetStatistics = 6
	packetOffloads   = 15 // PACKET_VNET_HDR
)

// relayBuffer is how many bytes the kernel is asked to keep for a socket that is
// not read fast enough.
const relayBuffer = 8 << 20

// packetSocket receives the frames of one protocol on an interface, and sends
// any.
func packetSocket(protocol uint16, device int) (socket int, err error) {
	order := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, protocol))
	socket, err = syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("receive the frames of the network, for which NET_RAW is needed: %w", err)
	}
	// As much as the kernel gives: what does not fit is counted.
	_ = syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_RCVBUF, relayBuffer)
	if err := syscall.Bind(socket, &syscall.SockaddrLinklayer{Protocol: order, Ifindex: device}); err != nil {
		return 0, fmt.Errorf("receive the frames of the network: %w", err)
	}
	return socket, nil
}

// offloads has the frames of a socket come and go with what is left to be done.
func offloads(socket int) error {
	if err := syscall.SetsockoptInt(socket, solPacket, packetOffloads, 1); err != nil {
		return fmt.Errorf("receive frames as they were sent (PACKET_VNET_HDR): %w", err)
	}
	return nil
}

// missed is how many frames a socket had no room for.
func missed(socket int) int64 {
	// struct tpacket_stats is two numbers of 32 bits, and so is this one; the
	// second is the frames that were dropped.
	stats, err := syscall.GetsockoptIPMreq(socket, solPacket, packetStatistics)
	if err != nil {
		return 0
	}
	return int64(binary.NativeEndian.Uint32(stats.Interface[:]))
}

// send sends one frame. A device that is busy is tried again by the kernel; a
// queue that is full loses packets as any network does.
func send(socket int, frame []byte) error {
	for {
		_, err := syscall.Write(socket, frame)
		switch err {
		case nil, syscall.ENOBUFS:
			return nil
		case syscall.EINTR:
		default:
			return err
		}
	}
}

// nobodysMAC makes up an address that is administered locally.
func nobodysMAC() net.HardwareAddr {
	mac := make(net.HardwareAddr, macLen)
	_, _ = crand.Read(mac) // never fails
	mac[0] = mac[0]&^1 | 2
	return mac
}

// ipPacket is what a relay reads of a packet.
type ipPacket struct {
	dst      net.HardwareAddr
	from, to netip.Addr
	answers  bool // it answers a question of a relay
	question uint16
}

// parseIP reads a frame with an IPv4 packet in it.
func parseIP(frame []byte) (p ipPacket, ok bool) {
	if len(frame) < etherLen+ipv4Len || binary.BigEndian.Uint16(frame[12:]) != etherIP {
		return p, false
	}
	ip := frame[etherLen:]
	p.dst = net.HardwareAddr(frame[:macLen])
	p.from, p.to = netip.AddrFrom4([4]byte(ip[12:16])), netip.AddrFrom4([4]byte(ip[16:20]))
	body := int(ip[0]&0xf) * 4
	if ip[9] != protocolICMP || body < ipv4Len || len(ip) < body+icmpLen {
		return p, true
	}
	icmp := ip[body:]
	p.answers = icmp[0] == echoReplies && binary.BigEndian.Uint16(icmp[4:]) == echoID
	p.question = binary.BigEndian.Uint16(icmp[6:])
	return p, true
}

// readdress sends a frame on.
func readdress(frame []byte, dst, src net.HardwareAddr) {
	copy(frame, dst)
	copy(frame[macLen:], src)
}

// arpPacket is what a relay reads of an ARP frame.
type arpPacket struct {
	src, dst    net.HardwareAddr // of the frame
	asks        bool             // else it answers
	from, about netip.Addr       // who says or asks it, and of whom it is asked
}

// parseARP reads a frame of ARP over Ethernet for IPv4.
func parseARP(frame []byte) (a arpPacket, ok bool) {
	if len(frame) < etherLen+arpLen || !bytes.Equal(frame[etherLen:etherLen+6], []byte{0, 1, 8, 0, macLen, 4}) {
		return a, false
	}
	arp := frame[etherLen:]
	return arpPacket{
		dst: net.HardwareAddr(frame[:macLen]), src: net.HardwareAddr(frame[macLen : 2*macLen]),
		asks: binary.BigEndian.Uint16(arp[6:]) == arpRequests,
		from: netip.AddrFrom4([4]byte(arp[14:18])), about: netip.AddrFrom4([4]byte(arp[24:28])),
	}, true
}

// arpRequest asks to where to is, in the name of about, who is at that address.
func arpRequest(src net.HardwareAddr, to RelayEnd, about netip.Addr, at net.HardwareAddr) []byte {
	return arp(arpRequests, src, to, make(net.HardwareAddr, macLen), about, at)
}

// arpReply answers to that about is at that address.
func arpReply(src net.HardwareAddr, to RelayEnd, about netip.Addr, at net.HardwareAddr) []byte {
	return arp(arpReplies, src, to, to.MAC, about, at)
}

func arp(operation byte, src net.HardwareAddr, to RelayEnd, target net.HardwareAddr, about netip.Addr, at net.HardwareAddr) []byte {
	f := ether(to.MAC, src, etherARP, arpLen)
	f = append(f, 0, 1, 8, 0, macLen, 4, 0, operation) // of Ethernet and IPv4
	f = append(append(f, at...), about.AsSlice()...)
	return append(append(f, target...), to.IP.AsSlice()...)
}

// echoRequest asks to something in the name of from. It has the offloads before
// it, which are none.
func echoRequest(src net.HardwareAddr, to RelayEnd, from netip.Addr, question uint16) []byte {
	ip := make([]byte, ipv4Len, ipv4Len+icmpLen)
	ip[0], ip[8], ip[9] = 4<<4|ipv4Len/4, 64, protocolICMP
	binary.BigEndian.PutUint16(ip[2:], ipv4Len+icmpLen)
	copy(ip[12:], from.AsSlice())
	copy(ip[16:], to.IP.AsSlice())
	binary.BigEndian.PutUint16(ip[10:], checksum(ip))
	icmp := make([]byte, icmpLen)
	icmp[0] = echoRequests
	binary.BigEndian.PutUint16(icmp[4:], echoID)
	binary.BigEndian.PutUint16(icmp[6:], question)
	binary.BigEndian.PutUint16(icmp[2:], checksum(icmp))
	return append(make([]byte, offloadLen), append(ether(to.MAC, src, etherIP, len(ip)+len(icmp)), append(ip, icmp...)...)...)
}

// ether begins a frame.
func ether(dst, src net.HardwareAddr, protocol uint16, room int) []byte {
	f := append(append(make([]byte, 0, etherLen+room), dst...), src...)
	return binary.BigEndian.AppendUint16(f, protocol)
}

// checksum is the Internet checksum (RFC 1071) of an even number of bytes.
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}
