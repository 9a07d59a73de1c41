"""onnxruntime: prediction alone, with the network of W3 written as an ONNX graph."""

import measure

ARGUMENTS = measure.arguments()
try:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    measure.absent("onnxruntime", ARGUMENTS.workload, str(error))
    raise SystemExit
import workloads as w


def model(widths):
    """Gemm and Relu for each layer, Softmax at the end."""
    nodes, parameters, value = [], [], "x"
    layers = w.dense_parameters(widths)
    for index, (weights, bias) in enumerate(layers):
        parameters += [numpy_helper.from_array(weights, f"w{index}"), numpy_helper.from_array(bias, f"b{index}")]
        nodes.append(helper.make_node("Gemm", [value, f"w{index}", f"b{index}"], [f"z{index}"]))
        last = index + 1 == len(layers)
        value = "y" if last else f"h{index}"
        nodes.append(helper.make_node("Softmax" if last else "Relu", [f"z{index}"], [value]))
    float_rows = lambda name, width: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", width])
    graph = helper.make_graph(nodes, "digits", [float_rows("x", widths[0])], [float_rows("y", widths[-1])], parameters)
    # The version that every onnxruntime of the last years reads.
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def predict(report):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = ARGUMENTS.threads
    options.inter_op_num_threads = 1
    text = model(w.DIGITS_WIDTHS).SerializeToString()
    session = onnxruntime.InferenceSession(text, options, providers=["CPUExecutionProvider"])
    for batch in w.PREDICTED_BATCHES:
        rows = {"x": w.digit_rows(batch)}
        if report.is_check:
            report.results(session.run(None, rows)[0][-1], "Gemm", f"batch {batch}")
            continue
        measure.latencies(report, lambda: session.run(None, rows), batch, "Gemm")


measure.Report("onnxruntime", onnxruntime.__version__, ARGUMENTS).run({"W7": predict})
