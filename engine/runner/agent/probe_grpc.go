package agent

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// healthMethod is the path of grpc.health.v1.Health/Check.
const healthMethod = "/grpc.health.v1.Health/Check"

// servingStatus are the names of HealthCheckResponse.ServingStatus.
var servingStatus = map[uint64]string{0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}

// probeGRPC asks the health service of a gRPC server without TLS whether a
// service, or with "" the server, is SERVING.
func probeGRPC(ctx context.Context, target, service string) error {
	body := grpcMessage(healthRequest(service))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+target+healthMethod, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("TE", "trailers")
	t := transport(true)
	defer t.CloseIdleConnections()
	resp, err := t.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", target, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", target, resp.Status)
	}
	if err := grpcStatus(resp); err != nil {
		return err
	}
	status, err := healthAnswer(answer)
	if err != nil {
		return fmt.Errorf("the answer of %s: %w", target, err)
	}
	if status != 1 {
		name, known := servingStatus[status]
		if !known {
			name = fmt.Sprint(status)
		}
		return fmt.Errorf("%s says %s", target, name)
	}
	return nil
}

// grpcStatus is the error that a gRPC server answered with. It stands in the
// trailer, or in the header when there is no message.
func grpcStatus(resp *http.Response) error {
	from := resp.Trailer
	if from.Get("Grpc-Status") == "" {
		from = resp.Header
	}
	code, text := from.Get("Grpc-Status"), from.Get("Grpc-Message")
	if plain, err := url.PathUnescape(text); err == nil {
		text = plain
	}
	switch code {
	case "0":
		return nil
	case "":
		return errors.New("it is no gRPC server: the answer has no status")
	case "12":
		return errors.New("it has no health service (grpc.health.v1): " + text)
	default:
		return fmt.Errorf("gRPC status %s: %s", code, text)
	}
}

// healthRequest encodes HealthCheckRequest{service}.
func healthRequest(service string) []byte {
	if service == "" {
		return nil
	}
	msg := binary.AppendUvarint([]byte{1<<3 | wireBytes}, uint64(len(service)))
	return append(msg, service...)
}

// grpcMessage puts the prefix of gRPC before a message: not compressed, length.
func grpcMessage(msg []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(msg))), msg...)
}

// healthAnswer reads the status of a HealthCheckResponse.
func healthAnswer(body []byte) (status uint64, err error) {
	if len(body) < 5 || body[0] != 0 || uint64(binary.BigEndian.Uint32(body[1:])) != uint64(len(body)-5) {
		return 0, errTruncated
	}
	for msg := body[5:]; len(msg) > 0; {
		tag, n := binary.Uvarint(msg)
		if n <= 0 {
			return 0, errTruncated
		}
		msg = msg[n:]
		if tag != 1<<3|wireVarint {
			return 0, fmt.Errorf("unexpected field %d", tag>>3)
		}
		if status, n = binary.Uvarint(msg); n <= 0 {
			return 0, errTruncated
		}
		msg = msg[n:]
	}
	return status, nil
}
